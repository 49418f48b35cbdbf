CREATE TABLE "snapshots" (
	"workspace_id" text collate "C" NOT NULL,
	"record_id" text collate "C" NOT NULL,
	"noun" text collate "C" NOT NULL,
	"seq" bigint NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"archived_at" timestamp (3) with time zone,
	"fields" jsonb NOT NULL,
	"provenance" jsonb NOT NULL,
	CONSTRAINT "snapshots_workspace_id_record_id_pk" PRIMARY KEY("workspace_id","record_id")
);
--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "folded_seq" bigint DEFAULT 0 NOT NULL;