-- A tag that few have is looked for by an index; the planner knows how many have it.
CREATE INDEX "companies_tags" ON "companies" USING gin ("tags" jsonb_path_ops);--> statement-breakpoint
CREATE INDEX "customers_tags" ON "customers" USING gin ("tags" jsonb_path_ops);--> statement-breakpoint
CREATE INDEX "deals_tags" ON "deals" USING gin ("tags" jsonb_path_ops);--> statement-breakpoint
CREATE INDEX "interactions_tags" ON "interactions" USING gin ("tags" jsonb_path_ops);--> statement-breakpoint
CREATE INDEX "reminders_tags" ON "reminders" USING gin ("tags" jsonb_path_ops);
