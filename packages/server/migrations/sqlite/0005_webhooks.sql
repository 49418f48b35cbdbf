CREATE TABLE `deliveries` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`webhook_id` text NOT NULL,
	`type` text NOT NULL,
	`seq` integer,
	`change_set_id` text,
	`noun` text,
	`record_id` text,
	`task_id` text NOT NULL,
	`state` text NOT NULL,
	`tries` integer NOT NULL,
	`attempts` text NOT NULL,
	`next_attempt_at` text,
	`delivered_at` text,
	`error` text,
	`body` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`),
	FOREIGN KEY (`workspace_id`,`webhook_id`) REFERENCES `webhooks`(`workspace_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `deliveries_change` ON `deliveries` (`workspace_id`,`webhook_id`,`seq`);--> statement-breakpoint
CREATE INDEX `deliveries_created` ON `deliveries` (`workspace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `deliveries_of` ON `deliveries` (`workspace_id`,`webhook_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `deliveries_record` ON `deliveries` (`workspace_id`,`record_id`);--> statement-breakpoint
CREATE INDEX `deliveries_state` ON `deliveries` (`state`,`created_at`);--> statement-breakpoint
CREATE TABLE `webhooks` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`url` text NOT NULL,
	`description` text,
	`events` text NOT NULL,
	`enabled` integer NOT NULL,
	`disabled_reason` text,
	`disabled_by` text,
	`disabled_at` text,
	`seq` integer NOT NULL,
	`failures` integer NOT NULL,
	`last_delivered_at` text,
	`secrets` text NOT NULL,
	`last_task_id` text DEFAULT '' NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
