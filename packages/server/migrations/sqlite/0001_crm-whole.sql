CREATE TABLE `fields` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`noun` text NOT NULL,
	`key` text NOT NULL,
	`type` text NOT NULL,
	`label` text NOT NULL,
	`description` text,
	`options` text,
	`required` integer NOT NULL,
	`indexed` integer NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `fields_key` ON `fields` (`workspace_id`,`noun`,`key`) WHERE archived_at is null;--> statement-breakpoint
CREATE TABLE `proposed_changes` (
	`workspace_id` text NOT NULL,
	`change_set_id` text NOT NULL,
	`n` integer NOT NULL,
	`change` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `change_set_id`, `n`),
	FOREIGN KEY (`workspace_id`,`change_set_id`) REFERENCES `change_sets`(`workspace_id`,`id`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `tags` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`name_key` text NOT NULL,
	`color` text,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tags_name` ON `tags` (`workspace_id`,`name_key`) WHERE archived_at is null;--> statement-breakpoint
CREATE TABLE `views` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`noun` text NOT NULL,
	`name` text NOT NULL,
	`filter` text,
	`sort` text,
	`columns` text NOT NULL,
	`shared` integer NOT NULL,
	`made_by` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
ALTER TABLE `change_sets` ADD `run` text;--> statement-breakpoint
ALTER TABLE `change_sets` ADD `decided_by` text;--> statement-breakpoint
ALTER TABLE `change_sets` ADD `reason` text;--> statement-breakpoint
ALTER TABLE `change_sets` ADD `skipped` text;--> statement-breakpoint
CREATE INDEX `change_sets_state` ON `change_sets` (`workspace_id`,`state`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `change_sets_created` ON `change_sets` (`workspace_id`,`created_at`,`id`);--> statement-breakpoint
ALTER TABLE `companies` ADD `owner_id` text;--> statement-breakpoint
ALTER TABLE `companies` ADD `tags` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `customers` ADD `owner_id` text;--> statement-breakpoint
ALTER TABLE `customers` ADD `tags` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `customers` ADD `phone_key` text;--> statement-breakpoint
CREATE INDEX `customers_phone` ON `customers` (`workspace_id`,`phone_key`);--> statement-breakpoint
ALTER TABLE `deals` ADD `won_reason` text;--> statement-breakpoint
ALTER TABLE `deals` ADD `owner_id` text;--> statement-breakpoint
ALTER TABLE `deals` ADD `tags` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `deals` ADD `stage_entered_at` text;--> statement-breakpoint
ALTER TABLE `interactions` ADD `tags` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `stages` ADD `wip_limit` integer;--> statement-breakpoint
ALTER TABLE `stages` ADD `rotting_days` integer;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `trimmed_seq` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `indexed_seq` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE deals SET stage_entered_at = updated_at;