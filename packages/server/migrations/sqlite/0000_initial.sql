CREATE TABLE `actions` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`subject_noun` text NOT NULL,
	`subject_id` text NOT NULL,
	`subject_name` text NOT NULL,
	`title` text NOT NULL,
	`reason` text NOT NULL,
	`priority` real NOT NULL,
	`policy_version` text NOT NULL,
	`expires_at` text NOT NULL,
	`snoozed_until` text,
	`decided_at` text,
	`decided_by` text,
	`dismiss_reason` text,
	`outcome` text,
	`receipt` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE INDEX `actions_state` ON `actions` (`workspace_id`,`state`,`priority`,`id`);--> statement-breakpoint
CREATE INDEX `actions_subject` ON `actions` (`workspace_id`,`subject_id`,`state`);--> statement-breakpoint
CREATE INDEX `actions_created` ON `actions` (`workspace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `agents` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`kinds` text NOT NULL,
	`description` text,
	`status` text NOT NULL,
	`message` text,
	`last_seen_at` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `agents_name` ON `agents` (`workspace_id`,`name`);--> statement-breakpoint
CREATE TABLE `change_sets` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`state` text NOT NULL,
	`actor` text NOT NULL,
	`source_kind` text NOT NULL,
	`source_id` text NOT NULL,
	`change_count` integer NOT NULL,
	`seq_from` integer,
	`seq_to` integer,
	`reverts` text,
	`reverted_by` text,
	`created_at` text NOT NULL,
	`applied_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE TABLE `changes` (
	`workspace_id` text NOT NULL,
	`seq` integer NOT NULL,
	`change_set_id` text NOT NULL,
	`noun` text NOT NULL,
	`record_id` text NOT NULL,
	`op` text NOT NULL,
	`version` integer NOT NULL,
	`fields` text NOT NULL,
	`at` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `seq`),
	FOREIGN KEY (`workspace_id`,`change_set_id`) REFERENCES `change_sets`(`workspace_id`,`id`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `changes_record` ON `changes` (`workspace_id`,`record_id`,`seq`);--> statement-breakpoint
CREATE INDEX `changes_at` ON `changes` (`workspace_id`,`at`);--> statement-breakpoint
CREATE TABLE `companies` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`domain` text,
	`industry` text,
	`country` text,
	`employee_count` integer,
	`annual_revenue_amount` integer,
	`annual_revenue_currency` text,
	`founded_year` integer,
	`description` text,
	`external_id` text,
	`custom_fields` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `companies_domain` ON `companies` (`workspace_id`,`domain`) WHERE archived_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX `companies_external_id` ON `companies` (`workspace_id`,`external_id`) WHERE archived_at is null;--> statement-breakpoint
CREATE INDEX `companies_name` ON `companies` (`workspace_id`,`name`,`id`);--> statement-breakpoint
CREATE INDEX `companies_created` ON `companies` (`workspace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `companies_updated` ON `companies` (`workspace_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE TABLE `customers` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`email` text,
	`email_key` text,
	`phone` text,
	`title` text,
	`company_id` text,
	`description` text,
	`external_id` text,
	`custom_fields` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`),
	FOREIGN KEY (`workspace_id`,`company_id`) REFERENCES `companies`(`workspace_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `customers_email` ON `customers` (`workspace_id`,`email_key`) WHERE archived_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX `customers_external_id` ON `customers` (`workspace_id`,`external_id`) WHERE archived_at is null;--> statement-breakpoint
CREATE INDEX `customers_company` ON `customers` (`workspace_id`,`company_id`,`id`);--> statement-breakpoint
CREATE INDEX `customers_name` ON `customers` (`workspace_id`,`name`,`id`);--> statement-breakpoint
CREATE INDEX `customers_created` ON `customers` (`workspace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `customers_updated` ON `customers` (`workspace_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE TABLE `deals` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`pipeline_id` text NOT NULL,
	`stage_id` text NOT NULL,
	`position` text NOT NULL,
	`status` text NOT NULL,
	`title` text NOT NULL,
	`company_id` text,
	`customer_id` text,
	`value_amount` integer,
	`value_currency` text,
	`expected_close_date` text,
	`lost_reason` text,
	`description` text,
	`external_id` text,
	`custom_fields` text NOT NULL,
	`closed_at` text,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`),
	FOREIGN KEY (`workspace_id`,`pipeline_id`) REFERENCES `pipelines`(`workspace_id`,`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`workspace_id`,`stage_id`) REFERENCES `stages`(`workspace_id`,`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`workspace_id`,`company_id`) REFERENCES `companies`(`workspace_id`,`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`workspace_id`,`customer_id`) REFERENCES `customers`(`workspace_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `deals_external_id` ON `deals` (`workspace_id`,`external_id`) WHERE archived_at is null;--> statement-breakpoint
CREATE INDEX `deals_board` ON `deals` (`workspace_id`,`stage_id`,`position`,`id`);--> statement-breakpoint
CREATE INDEX `deals_stage_created` ON `deals` (`workspace_id`,`stage_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `deals_pipeline` ON `deals` (`workspace_id`,`pipeline_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `deals_company` ON `deals` (`workspace_id`,`company_id`,`id`);--> statement-breakpoint
CREATE INDEX `deals_customer` ON `deals` (`workspace_id`,`customer_id`,`id`);--> statement-breakpoint
CREATE INDEX `deals_created` ON `deals` (`workspace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `deals_updated` ON `deals` (`workspace_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `deals_value` ON `deals` (`workspace_id`,`value_amount`,`id`);--> statement-breakpoint
CREATE TABLE `idempotency` (
	`workspace_id` text NOT NULL,
	`key` text NOT NULL,
	`body_hash` text NOT NULL,
	`status` integer NOT NULL,
	`headers` text NOT NULL,
	`body` text NOT NULL,
	`expires_at` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `key`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `idempotency_expiry` ON `idempotency` (`expires_at`);--> statement-breakpoint
CREATE TABLE `imports` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`noun` text NOT NULL,
	`name` text NOT NULL,
	`state` text NOT NULL,
	`bytes` integer NOT NULL,
	`mapping` text NOT NULL,
	`counts` text NOT NULL,
	`rejects` text NOT NULL,
	`error` text,
	`task_id` text NOT NULL,
	`change_set_id` text NOT NULL,
	`finished_at` text,
	`checkpoint` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE INDEX `imports_created` ON `imports` (`workspace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `interactions` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`kind` text NOT NULL,
	`direction` text,
	`subject` text,
	`body` text,
	`occurred_at` text NOT NULL,
	`duration_minutes` integer,
	`customer_id` text,
	`company_id` text,
	`deal_id` text,
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
CREATE UNIQUE INDEX `interactions_external_id` ON `interactions` (`workspace_id`,`external_id`) WHERE archived_at is null;--> statement-breakpoint
CREATE INDEX `interactions_customer` ON `interactions` (`workspace_id`,`customer_id`,`occurred_at`,`id`);--> statement-breakpoint
CREATE INDEX `interactions_company` ON `interactions` (`workspace_id`,`company_id`,`occurred_at`,`id`);--> statement-breakpoint
CREATE INDEX `interactions_deal` ON `interactions` (`workspace_id`,`deal_id`,`occurred_at`,`id`);--> statement-breakpoint
CREATE INDEX `interactions_occurred` ON `interactions` (`workspace_id`,`occurred_at`,`id`);--> statement-breakpoint
CREATE TABLE `keys` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`scopes` text NOT NULL,
	`strict` integer NOT NULL,
	`expires_at` text,
	`last_used_at` text,
	`revoked_at` text,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `keys_id` ON `keys` (`id`);--> statement-breakpoint
CREATE TABLE `members` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`email` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `members_email` ON `members` (`workspace_id`,`email`) WHERE archived_at is null;--> statement-breakpoint
CREATE TABLE `pipelines` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`currency` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`key_id` text,
	`subject` text NOT NULL,
	`epoch` integer NOT NULL,
	`created_at` text NOT NULL,
	`expires_at` text NOT NULL,
	`revoked_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE INDEX `sessions_expiry` ON `sessions` (`expires_at`);--> statement-breakpoint
CREATE TABLE `stages` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`pipeline_id` text NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`probability` real NOT NULL,
	`position` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`),
	FOREIGN KEY (`workspace_id`,`pipeline_id`) REFERENCES `pipelines`(`workspace_id`,`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `stages_position` ON `stages` (`workspace_id`,`pipeline_id`,`position`,`id`);--> statement-breakpoint
CREATE TABLE `tasks` (
	`workspace_id` text NOT NULL,
	`id` text NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`payload` text NOT NULL,
	`result` text,
	`error` text,
	`progress` real,
	`message` text,
	`attempts` integer NOT NULL,
	`max_attempts` integer NOT NULL,
	`priority` integer NOT NULL,
	`order_key` text,
	`run_at` text NOT NULL,
	`agent_id` text,
	`usage` text,
	`started_at` text,
	`finished_at` text,
	`lease_token` text,
	`lease_until` text,
	`version` integer NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`archived_at` text,
	PRIMARY KEY(`workspace_id`, `id`)
);
--> statement-breakpoint
CREATE INDEX `tasks_due` ON `tasks` (`workspace_id`,`state`,`kind`,`priority`,`run_at`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_lease` ON `tasks` (`state`,`lease_until`);--> statement-breakpoint
CREATE INDEX `tasks_order` ON `tasks` (`workspace_id`,`order_key`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_created` ON `tasks` (`workspace_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_finished` ON `tasks` (`workspace_id`,`state`,`finished_at`);--> statement-breakpoint
CREATE TABLE `tickets` (
	`hash` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`admission` text NOT NULL,
	`expires_at` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `tickets_expiry` ON `tickets` (`expires_at`);--> statement-breakpoint
CREATE TABLE `workspaces` (
	`id` text PRIMARY KEY NOT NULL,
	`slug` text NOT NULL,
	`name` text NOT NULL,
	`seq` integer DEFAULT 0 NOT NULL,
	`epoch` integer DEFAULT 1 NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `workspaces_slug` ON `workspaces` (`slug`);