DROP INDEX "companies_external_id";--> statement-breakpoint
DROP INDEX "customers_external_id";--> statement-breakpoint
DROP INDEX "customers_company";--> statement-breakpoint
DROP INDEX "deals_external_id";--> statement-breakpoint
DROP INDEX "deals_company";--> statement-breakpoint
DROP INDEX "deals_customer";--> statement-breakpoint
DROP INDEX "interactions_external_id";--> statement-breakpoint
DROP INDEX "interactions_customer";--> statement-breakpoint
DROP INDEX "interactions_company";--> statement-breakpoint
DROP INDEX "interactions_deal";--> statement-breakpoint
DROP INDEX "reminders_external_id";--> statement-breakpoint
CREATE INDEX "companies_owner" ON "companies" USING btree ("workspace_id","owner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "companies_merged" ON "companies" USING btree ("workspace_id","merged_into_id") WHERE merged_into_id is not null;--> statement-breakpoint
CREATE INDEX "customers_owner" ON "customers" USING btree ("workspace_id","owner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "customers_merged" ON "customers" USING btree ("workspace_id","merged_into_id") WHERE merged_into_id is not null;--> statement-breakpoint
CREATE INDEX "deals_owner" ON "deals" USING btree ("workspace_id","owner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "deals_status" ON "deals" USING btree ("workspace_id","status","created_at","id");--> statement-breakpoint
CREATE INDEX "deals_close" ON "deals" USING btree ("workspace_id","expected_close_date","id");--> statement-breakpoint
CREATE INDEX "deals_stage_value" ON "deals" USING btree ("workspace_id","stage_id","value_amount","id");--> statement-breakpoint
CREATE INDEX "deals_stage_close" ON "deals" USING btree ("workspace_id","stage_id","expected_close_date","id");--> statement-breakpoint
CREATE INDEX "interactions_kind" ON "interactions" USING btree ("workspace_id","kind","occurred_at","id");--> statement-breakpoint
CREATE INDEX "interactions_updated" ON "interactions" USING btree ("workspace_id","updated_at","id");--> statement-breakpoint
CREATE INDEX "reminders_owner" ON "reminders" USING btree ("workspace_id","owner_id","due_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "companies_external_id" ON "companies" USING btree ("workspace_id","external_id") WHERE archived_at is null and external_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "customers_external_id" ON "customers" USING btree ("workspace_id","external_id") WHERE archived_at is null and external_id is not null;--> statement-breakpoint
CREATE INDEX "customers_company" ON "customers" USING btree ("workspace_id","company_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "deals_external_id" ON "deals" USING btree ("workspace_id","external_id") WHERE archived_at is null and external_id is not null;--> statement-breakpoint
CREATE INDEX "deals_company" ON "deals" USING btree ("workspace_id","company_id","created_at","id");--> statement-breakpoint
CREATE INDEX "deals_customer" ON "deals" USING btree ("workspace_id","customer_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "interactions_external_id" ON "interactions" USING btree ("workspace_id","external_id") WHERE archived_at is null and external_id is not null;--> statement-breakpoint
CREATE INDEX "interactions_customer" ON "interactions" USING btree ("workspace_id","customer_id","occurred_at","id") WHERE customer_id is not null;--> statement-breakpoint
CREATE INDEX "interactions_company" ON "interactions" USING btree ("workspace_id","company_id","occurred_at","id") WHERE company_id is not null;--> statement-breakpoint
CREATE INDEX "interactions_deal" ON "interactions" USING btree ("workspace_id","deal_id","occurred_at","id") WHERE deal_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "reminders_external_id" ON "reminders" USING btree ("workspace_id","external_id") WHERE archived_at is null and external_id is not null;