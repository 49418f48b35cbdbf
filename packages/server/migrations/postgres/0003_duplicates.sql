CREATE TABLE "duplicate_keys" (
	"workspace_id" text collate "C" NOT NULL,
	"record_id" text collate "C" NOT NULL,
	"key" bigint NOT NULL,
	CONSTRAINT "duplicate_keys_workspace_id_record_id_key_pk" PRIMARY KEY("workspace_id","record_id","key")
);
--> statement-breakpoint
CREATE TABLE "duplicates" (
	"workspace_id" text collate "C" NOT NULL,
	"id" text collate "C" NOT NULL,
	"noun" text collate "C" NOT NULL,
	"left_id" text collate "C" NOT NULL,
	"right_id" text collate "C" NOT NULL,
	"score" double precision NOT NULL,
	"reasons" jsonb NOT NULL,
	"state" text collate "C" NOT NULL,
	"change_set_id" text collate "C",
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"archived_at" timestamp (3) with time zone,
	CONSTRAINT "duplicates_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "companies" ADD COLUMN "merged_into_id" text collate "C";--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "merged_into_id" text collate "C";--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "compared_seq" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "duplicate_keys_key" ON "duplicate_keys" USING btree ("workspace_id","key","record_id");--> statement-breakpoint
CREATE UNIQUE INDEX "duplicates_pair" ON "duplicates" USING btree ("workspace_id","left_id","right_id");--> statement-breakpoint
CREATE INDEX "duplicates_right" ON "duplicates" USING btree ("workspace_id","right_id");--> statement-breakpoint
CREATE INDEX "duplicates_score" ON "duplicates" USING btree ("workspace_id","noun","score","id");