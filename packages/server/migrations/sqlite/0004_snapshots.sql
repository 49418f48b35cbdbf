CREATE TABLE `snapshots` (
	`workspace_id` text NOT NULL,
	`record_id` text NOT NULL,
	`noun` text NOT NULL,
	`seq` integer NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	`fields` text NOT NULL,
	`provenance` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `record_id`)
);
--> statement-breakpoint
ALTER TABLE `workspaces` ADD `folded_seq` integer DEFAULT 0 NOT NULL;