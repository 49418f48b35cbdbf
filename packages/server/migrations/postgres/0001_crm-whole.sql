CREATE TABLE "fields" (
	"workspace_id" text collate "C" NOT NULL,
	"id" text collate "C" NOT NULL,
	"noun" text collate "C" NOT NULL,
	"key" text collate "C" NOT NULL,
	"type" text collate "C" NOT NULL,
	"label" text collate "C" NOT NULL,
	"description" text collate "C",
	"options" jsonb,
	"required" boolean NOT NULL,
	"indexed" boolean NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"archived_at" timestamp (3) with time zone,
	CONSTRAINT "fields_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
CREATE TABLE "proposed_changes" (
	"workspace_id" text collate "C" NOT NULL,
	"change_set_id" text collate "C" NOT NULL,
	"n" integer NOT NULL,
	"change" jsonb NOT NULL,
	CONSTRAINT "proposed_changes_workspace_id_change_set_id_n_pk" PRIMARY KEY("workspace_id","change_set_id","n")
);
--> statement-breakpoint
CREATE TABLE "tags" (
	"workspace_id" text collate "C" NOT NULL,
	"id" text collate "C" NOT NULL,
	"name" text collate "C" NOT NULL,
	"name_key" text collate "C" NOT NULL,
	"color" text collate "C",
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"archived_at" timestamp (3) with time zone,
	CONSTRAINT "tags_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
CREATE TABLE "views" (
	"workspace_id" text collate "C" NOT NULL,
	"id" text collate "C" NOT NULL,
	"noun" text collate "C" NOT NULL,
	"name" text collate "C" NOT NULL,
	"filter" jsonb,
	"sort" text collate "C",
	"columns" jsonb NOT NULL,
	"shared" boolean NOT NULL,
	"made_by" text collate "C" NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"archived_at" timestamp (3) with time zone,
	CONSTRAINT "views_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "change_sets" ADD COLUMN "run" jsonb;--> statement-breakpoint
ALTER TABLE "change_sets" ADD COLUMN "decided_by" jsonb;--> statement-breakpoint
ALTER TABLE "change_sets" ADD COLUMN "reason" text collate "C";--> statement-breakpoint
ALTER TABLE "change_sets" ADD COLUMN "skipped" jsonb;--> statement-breakpoint
ALTER TABLE "companies" ADD COLUMN "owner_id" text collate "C";--> statement-breakpoint
ALTER TABLE "companies" ADD COLUMN "tags" jsonb DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "owner_id" text collate "C";--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "tags" jsonb DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "phone_key" text collate "C";--> statement-breakpoint
ALTER TABLE "deals" ADD COLUMN "won_reason" text collate "C";--> statement-breakpoint
ALTER TABLE "deals" ADD COLUMN "owner_id" text collate "C";--> statement-breakpoint
ALTER TABLE "deals" ADD COLUMN "tags" jsonb DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "deals" ADD COLUMN "stage_entered_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "interactions" ADD COLUMN "tags" jsonb DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "stages" ADD COLUMN "wip_limit" integer;--> statement-breakpoint
ALTER TABLE "stages" ADD COLUMN "rotting_days" integer;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "trimmed_seq" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "indexed_seq" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "proposed_changes" ADD CONSTRAINT "proposed_changes_set" FOREIGN KEY ("workspace_id","change_set_id") REFERENCES "public"."change_sets"("workspace_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "fields_key" ON "fields" USING btree ("workspace_id","noun","key") WHERE archived_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "tags_name" ON "tags" USING btree ("workspace_id","name_key") WHERE archived_at is null;--> statement-breakpoint
CREATE INDEX "change_sets_state" ON "change_sets" USING btree ("workspace_id","state","created_at","id");--> statement-breakpoint
CREATE INDEX "change_sets_created" ON "change_sets" USING btree ("workspace_id","created_at","id");--> statement-breakpoint
CREATE INDEX "customers_phone" ON "customers" USING btree ("workspace_id","phone_key");--> statement-breakpoint
UPDATE deals SET stage_entered_at = updated_at;