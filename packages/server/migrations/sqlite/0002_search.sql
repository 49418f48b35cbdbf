-- The search index. What drizzle has no word for: FTS5 over trigrams, without a copy of the text.
CREATE TABLE `search_docs` (
	`doc` integer PRIMARY KEY AUTOINCREMENT,
	`workspace_id` text NOT NULL,
	`noun` text NOT NULL,
	`record_id` text NOT NULL,
	`title` text NOT NULL,
	`body` text NOT NULL,
	`folded` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `search_docs_record` ON `search_docs` (`workspace_id`,`record_id`);--> statement-breakpoint
CREATE VIRTUAL TABLE `search_index` USING fts5(title, body, content='', contentless_delete=1, tokenize='trigram');--> statement-breakpoint
CREATE VIRTUAL TABLE `search_terms` USING fts5vocab('search_index', 'row');
