CREATE TABLE `files` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`type` text NOT NULL,
	`sniffed_type` text,
	`bytes` integer NOT NULL,
	`sha256` text NOT NULL,
	`made_by` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE INDEX `files_created` ON `files` (`workspace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `reminders` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`title` text NOT NULL,
	`description` text,
	`due_at` text NOT NULL,
	`time_zone` text NOT NULL,
	`recurrence` text,
	`recurrence_start` text,
	`status` text NOT NULL,
	`snoozed_until` text,
	`completed_at` text,
	`remind_at` text,
	`reminded_at` text,
	`customer_id` text,
	`company_id` text,
	`deal_id` text,
	`owner_id` text,
	`tags` text DEFAULT '[]' NOT NULL,
	`external_id` text,
	`custom_fields` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`),
	FOREIGN KEY (`workspace_id`,`customer_id`) REFERENCES `customers`(`workspace_id`,`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`workspace_id`,`company_id`) REFERENCES `companies`(`workspace_id`,`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`workspace_id`,`deal_id`) REFERENCES `deals`(`workspace_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `reminders_external_id` ON `reminders` (`workspace_id`,`external_id`) WHERE archived_at is null;--> statement-breakpoint
CREATE INDEX `reminders_to_fire` ON `reminders` (`remind_at`) WHERE status = 'open' and archived_at is null and remind_at is not null and (reminded_at is null or reminded_at < remind_at);--> statement-breakpoint
CREATE INDEX `reminders_status` ON `reminders` (`workspace_id`,`status`,`archived_at`);--> statement-breakpoint
CREATE INDEX `reminders_due` ON `reminders` (`workspace_id`,`due_at`,`id`);--> statement-breakpoint
CREATE INDEX `reminders_customer` ON `reminders` (`workspace_id`,`customer_id`,`due_at`,`id`);--> statement-breakpoint
CREATE INDEX `reminders_company` ON `reminders` (`workspace_id`,`company_id`,`due_at`,`id`);--> statement-breakpoint
CREATE INDEX `reminders_deal` ON `reminders` (`workspace_id`,`deal_id`,`due_at`,`id`);--> statement-breakpoint
ALTER TABLE `interactions` ADD `participants` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `interactions` ADD `attachments` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `time_zone` text DEFAULT 'UTC' NOT NULL;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `quiet_hours` text;