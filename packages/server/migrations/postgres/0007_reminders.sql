CREATE TABLE "files" (
	"workspace_id" text collate "C" NOT NULL,
	"id" text collate "C" NOT NULL,
	"name" text collate "C" NOT NULL,
	"type" text collate "C" NOT NULL,
	"sniffed_type" text collate "C",
	"bytes" bigint NOT NULL,
	"sha256" text collate "C" NOT NULL,
	"made_by" text collate "C" NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"archived_at" timestamp (3) with time zone,
	CONSTRAINT "files_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
CREATE TABLE "reminders" (
	"workspace_id" text collate "C" NOT NULL,
	"id" text collate "C" NOT NULL,
	"title" text collate "C" NOT NULL,
	"description" text collate "C",
	"due_at" timestamp (3) with time zone NOT NULL,
	"time_zone" text collate "C" NOT NULL,
	"recurrence" text collate "C",
	"recurrence_start" timestamp (3) with time zone,
	"status" text collate "C" NOT NULL,
	"snoozed_until" timestamp (3) with time zone,
	"completed_at" timestamp (3) with time zone,
	"remind_at" timestamp (3) with time zone,
	"reminded_at" timestamp (3) with time zone,
	"customer_id" text collate "C",
	"company_id" text collate "C",
	"deal_id" text collate "C",
	"owner_id" text collate "C",
	"tags" jsonb DEFAULT '[]' NOT NULL,
	"external_id" text collate "C",
	"custom_fields" jsonb NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"archived_at" timestamp (3) with time zone,
	CONSTRAINT "reminders_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "interactions" ADD COLUMN "participants" jsonb DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "interactions" ADD COLUMN "attachments" jsonb DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "time_zone" text collate "C" DEFAULT 'UTC' NOT NULL;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "quiet_hours" jsonb;--> statement-breakpoint
ALTER TABLE "reminders" ADD CONSTRAINT "reminders_customer" FOREIGN KEY ("workspace_id","customer_id") REFERENCES "public"."customers"("workspace_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reminders" ADD CONSTRAINT "reminders_company" FOREIGN KEY ("workspace_id","company_id") REFERENCES "public"."companies"("workspace_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reminders" ADD CONSTRAINT "reminders_deal" FOREIGN KEY ("workspace_id","deal_id") REFERENCES "public"."deals"("workspace_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "files_created" ON "files" USING btree ("workspace_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "reminders_external_id" ON "reminders" USING btree ("workspace_id","external_id") WHERE archived_at is null;--> statement-breakpoint
CREATE INDEX "reminders_to_fire" ON "reminders" USING btree ("remind_at") WHERE status = 'open' and archived_at is null and remind_at is not null and (reminded_at is null or reminded_at < remind_at);--> statement-breakpoint
CREATE INDEX "reminders_status" ON "reminders" USING btree ("workspace_id","status","archived_at");--> statement-breakpoint
CREATE INDEX "reminders_due" ON "reminders" USING btree ("workspace_id","due_at","id");--> statement-breakpoint
CREATE INDEX "reminders_customer" ON "reminders" USING btree ("workspace_id","customer_id","due_at","id");--> statement-breakpoint
CREATE INDEX "reminders_company" ON "reminders" USING btree ("workspace_id","company_id","due_at","id");--> statement-breakpoint
CREATE INDEX "reminders_deal" ON "reminders" USING btree ("workspace_id","deal_id","due_at","id");