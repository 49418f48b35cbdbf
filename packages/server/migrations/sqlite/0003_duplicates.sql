CREATE TABLE `duplicate_keys` (
	`workspace_id` text NOT NULL,
	`record_id` text NOT NULL,
	`key` integer NOT NULL,
	PRIMARY KEY(`workspace_id`, `record_id`, `key`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `duplicate_keys_key` ON `duplicate_keys` (`workspace_id`,`key`,`record_id`);--> statement-breakpoint
CREATE TABLE `duplicates` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`noun` text NOT NULL,
	`left_id` text NOT NULL,
	`right_id` text NOT NULL,
	`score` real NOT NULL,
	`reasons` text NOT NULL,
	`state` text NOT NULL,
	`change_set_id` text,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `duplicates_pair` ON `duplicates` (`workspace_id`,`left_id`,`right_id`);--> statement-breakpoint
CREATE INDEX `duplicates_right` ON `duplicates` (`workspace_id`,`right_id`);--> statement-breakpoint
CREATE INDEX `duplicates_score` ON `duplicates` (`workspace_id`,`noun`,`score`,`id`);--> statement-breakpoint
ALTER TABLE `companies` ADD `merged_into_id` text;--> statement-breakpoint
ALTER TABLE `customers` ADD `merged_into_id` text;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `compared_seq` integer DEFAULT 0 NOT NULL;