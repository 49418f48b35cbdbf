CREATE TABLE `import_mappings` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`noun` text NOT NULL,
	`name` text NOT NULL,
	`settings` text NOT NULL,
	`header` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `import_mappings_name` ON `import_mappings` (`workspace_id`,`noun`,`name`) WHERE archived_at is null;--> statement-breakpoint
ALTER TABLE `imports` ADD `settings` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `imports` ADD `detection` text;--> statement-breakpoint
ALTER TABLE `imports` ADD `preview` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `imports` ADD `total` integer;