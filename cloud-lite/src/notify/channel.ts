import { z } from "zod";
import { emailAddressSchema } from "../http/email-address.ts";
import { severitySchema } from "./notice.ts";

/** E.164: a plus sign and up to 15 digits. */
const telephone = z.string().regex(/^\+[1-9]\d{6,14}$/, "a telephone number with country code: +14155550123");
const secretUrl = z.url({ protocol: /^https?$/, error: "a web address" }).max(2_000);

/** Where a channel leads, by its kind. */
export const targetSchema = z.discriminatedUnion("kind", [
	z.object({ kind: z.literal("slack"), url: secretUrl }),
	z.object({
		kind: z.literal("pagerduty"),
		/** Integration key of a service, Events API v2. */
		routingKey: z.string().regex(/^[A-Za-z0-9]{32}$/, "the 32 characters of an integration key"),
	}),
	z.object({ kind: z.literal("sms"), numbers: z.array(telephone).min(1).max(10) }),
	z.object({ kind: z.literal("email"), addresses: z.array(emailAddressSchema).min(1).max(20) }),
]);
export type Target = z.infer<typeof targetSchema>;

/** A way to a tenant's people. */
export interface Channel {
	readonly id: string;
	readonly tenantId: string;
	readonly name: string;
	readonly target: Target;
	/** Alarms below are not told. */
	readonly minimumSeverity: z.infer<typeof severitySchema>;
	/** Only alarms of these rules; empty: of all. */
	readonly rules: readonly string[];
	readonly enabled: boolean;
	/** Counts changes. */
	readonly version: number;
}

const rowSchema = z.object({
	id: z.string(),
	tenant_id: z.string(),
	name: z.string(),
	target: z.string(),
	minimum_severity: severitySchema,
	rules: z.string(),
	enabled: z.int(),
	version: z.int(),
});

/** A row of table `notification_channel`. */
export function channelOf(row: unknown): Channel {
	const columns = rowSchema.parse(row);
	return {
		id: columns.id,
		tenantId: columns.tenant_id,
		name: columns.name,
		target: targetSchema.parse(JSON.parse(columns.target)),
		minimumSeverity: columns.minimum_severity,
		rules: z.array(z.string()).parse(JSON.parse(columns.rules)),
		enabled: columns.enabled === 1,
		version: columns.version,
	};
}
