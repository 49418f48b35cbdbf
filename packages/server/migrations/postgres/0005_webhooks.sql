CREATE TABLE "deliveries" (
	"workspace_id" text collate "C" NOT NULL,
	"id" text collate "C" NOT NULL,
	"webhook_id" text collate "C" NOT NULL,
	"type" text collate "C" NOT NULL,
	"seq" bigint,
	"change_set_id" text collate "C",
	"noun" text collate "C",
	"record_id" text collate "C",
	"task_id" text collate "C" NOT NULL,
	"state" text collate "C" NOT NULL,
	"tries" integer NOT NULL,
	"attempts" jsonb NOT NULL,
	"next_attempt_at" timestamp (3) with time zone,
	"delivered_at" timestamp (3) with time zone,
	"error" text collate "C",
	"body" text collate "C" NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"archived_at" timestamp (3) with time zone,
	CONSTRAINT "deliveries_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
CREATE TABLE "webhooks" (
	"workspace_id" text collate "C" NOT NULL,
	"id" text collate "C" NOT NULL,
	"url" text collate "C" NOT NULL,
	"description" text collate "C",
	"events" jsonb NOT NULL,
	"enabled" boolean NOT NULL,
	"disabled_reason" text collate "C",
	"disabled_by" jsonb,
	"disabled_at" timestamp (3) with time zone,
	"seq" bigint NOT NULL,
	"failures" integer NOT NULL,
	"last_delivered_at" timestamp (3) with time zone,
	"secrets" jsonb NOT NULL,
	"last_task_id" text collate "C" DEFAULT '' NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"archived_at" timestamp (3) with time zone,
	CONSTRAINT "webhooks_workspace_id_id_pk" PRIMARY KEY("workspace_id","id")
);
--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_webhook" FOREIGN KEY ("workspace_id","webhook_id") REFERENCES "public"."webhooks"("workspace_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "deliveries_change" ON "deliveries" USING btree ("workspace_id","webhook_id","seq");--> statement-breakpoint
CREATE INDEX "deliveries_created" ON "deliveries" USING btree ("workspace_id","created_at","id");--> statement-breakpoint
CREATE INDEX "deliveries_of" ON "deliveries" USING btree ("workspace_id","webhook_id","created_at","id");--> statement-breakpoint
CREATE INDEX "deliveries_record" ON "deliveries" USING btree ("workspace_id","record_id");--> statement-breakpoint
CREATE INDEX "deliveries_state" ON "deliveries" USING btree ("state","created_at");