import { z } from "@hono/zod-openapi";
import { currencySchema } from "@visionvend/sdk/protocol/messages";
import type { Row } from "../db/database.ts";
import { emailAddressSchema } from "../http/email-address.ts";
import { trimmedText } from "../http/trimmed-text.ts";
import { timeZoneSchema } from "./time-zone.ts";

/** The tenant of everything that was there before there were tenants, and of clouds that serve one owner only. */
export const defaultTenantId = "default";

/** How a tenant's shop works; every field has a default, so that settings written long ago go on to fit. */
export const tenantSettingsSchema = z
	.object({
		currency: currencySchema.default("usd").openapi({ description: "ISO 4217, of new products and machines" }),
		timeZone: timeZoneSchema.default("UTC"),
		language: z
			.string()
			.regex(/^[a-z]{2}$/, "two letters, such as en")
			.default("en"),
		paymentGateway: z.object({ provider: z.enum(["stripe", "razorpay", "none"]).default("stripe") }).prefault({}),
		notifications: z
			.object({
				email: z.array(emailAddressSchema).max(20).default([]).openapi({ description: "Who is told of alarms" }),
				minimumSeverity: z.enum(["info", "warning", "critical"]).default("warning"),
			})
			.prefault({}),
	})
	.openapi("TenantSettings");

export const brandingSchema = z
	.object({
		displayName: z.string().trim().max(100).default(""),
		color: z
			.string()
			.regex(/^#[0-9a-fA-F]{6}$/, "a colour such as #1a7f37")
			.default("#1a7f37"),
		logoUrl: z
			.url({ protocol: /^https$/ })
			.max(2_000)
			.nullable()
			.default(null),
		supportEmail: emailAddressSchema.nullable().default(null),
	})
	.openapi("Branding");

export const subscriptionSchema = z
	.object({
		plan: trimmedText(50).default("self-hosted"),
		status: z.enum(["trial", "active", "past_due", "cancelled"]).default("active"),
		expiresAt: z.iso.datetime({ offset: true }).nullable().default(null),
	})
	.openapi("Subscription");

export const slugSchema = z
	.string()
	.regex(/^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/, "1 to 48 lower-case letters, digits and dashes")
	.openapi({ example: "corner-shop" });
export const tenantNameSchema = trimmedText(100);

export const tenantSchema = z
	.object({
		id: z.string(),
		slug: z.string(),
		name: z.string(),
		active: z.boolean(),
		settings: tenantSettingsSchema,
		branding: brandingSchema,
		subscription: subscriptionSchema,
		createdAt: z.iso.datetime(),
		version: z.int(),
	})
	.openapi("Tenant");
export type Tenant = z.infer<typeof tenantSchema>;

const rowSchema = z.object({
	id: z.string(),
	slug: z.string(),
	name: z.string(),
	active: z.int(),
	settings: z.string(),
	branding: z.string(),
	subscription: z.string(),
	created_at_ms: z.int(),
	version: z.int(),
});

export function tenantOf(row: Row): Tenant {
	const { id, slug, name, active, settings, branding, subscription, created_at_ms, version } = rowSchema.parse(row);
	return {
		id,
		slug,
		name,
		active: active === 1,
		settings: tenantSettingsSchema.parse(JSON.parse(settings)),
		branding: brandingSchema.parse(JSON.parse(branding)),
		subscription: subscriptionSchema.parse(JSON.parse(subscription)),
		createdAt: new Date(created_at_ms).toISOString(),
		version,
	};
}
