-- The search index: whole words by tsvector, parts and misspelt words by trigrams. pg_trgm is a trusted extension: the owner of the database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;--> statement-breakpoint
CREATE TABLE "search_docs" (
	"workspace_id" text collate "C" NOT NULL,
	"noun" text NOT NULL,
	"record_id" text collate "C" NOT NULL,
	"title" text NOT NULL,
	"body" text NOT NULL,
	"folded" text NOT NULL,
	"tsv" tsvector NOT NULL,
	CONSTRAINT "search_docs_pk" PRIMARY KEY("workspace_id","record_id")
);
--> statement-breakpoint
CREATE INDEX "search_docs_words" ON "search_docs" USING gin ("tsv");--> statement-breakpoint
CREATE INDEX "search_docs_parts" ON "search_docs" USING gin ("folded" gin_trgm_ops);
