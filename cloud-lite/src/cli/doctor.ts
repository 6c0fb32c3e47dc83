import { connect } from "node:net";
import { systemClock } from "@visionvend/sdk/clock";
import { z } from "zod";
import { AuditLog } from "../audit/audit-log.ts";
import { databaseName } from "../db/database.ts";
import { messageOf } from "../http/error-message.ts";
import { readSettings } from "../settings.ts";
import { withDatabase } from "./with-database.ts";

/** One thing that was looked at. `bad` keeps the cloud from working, `warn` does not. */
export interface Finding {
	readonly level: "ok" | "warn" | "bad";
	readonly text: string;
}

const tenantSchema = z.object({ id: z.string() });
const connectWithinMs = 3_000;

/** Looks at everything that the cloud needs, and says what to do about what is missing. */
export async function examine(environment: Readonly<Record<string, string | undefined>>): Promise<Finding[]> {
	let settings: ReturnType<typeof readSettings>;
	try {
		settings = readSettings(environment);
	} catch (error) {
		return [{ level: "bad", text: messageOf(error) }];
	}
	const findings: Finding[] = [{ level: "ok", text: "the settings fit" }];
	try {
		findings.push(...(await examineDatabase(settings.DATABASE_URL, settings.DATABASE_ENCRYPTION_KEY)));
	} catch (error) {
		findings.push({ level: "bad", text: messageOf(error) });
	}
	const { hostname, port, protocol } = new URL(settings.MQTT_BROKER_URL);
	const brokerPort = port === "" ? (protocol === "mqtts:" ? 8_883 : 1_883) : Number(port);
	findings.push(
		(await answers(hostname, brokerPort))
			? { level: "ok", text: `the broker at ${hostname}:${brokerPort} answers` }
			: { level: "bad", text: `no broker at ${hostname}:${brokerPort}: start it, or set MQTT_BROKER_URL` },
	);
	return [...findings, ...examinePayments(settings)];
}

async function examineDatabase(url: string, encryptionKey: string | undefined): Promise<Finding[]> {
	return withDatabase(
		url,
		async (database) => {
			const [integrity] = await database.read("PRAGMA integrity_check");
			const broken = await database.read("PRAGMA foreign_key_check");
			const isWhole = integrity?.integrity_check === "ok" && broken.length === 0;
			const findings: Finding[] = [
				isWhole
					? { level: "ok", text: `${databaseName(url)} is whole` }
					: { level: "bad", text: `${databaseName(url)} is damaged: stop the service and restore a backup` },
			];
			const audit = new AuditLog({ database, clock: systemClock });
			for (const row of await database.read("SELECT id FROM tenant ORDER BY id")) {
				const { id } = tenantSchema.parse(row);
				const { intact, firstBroken } = await audit.verify(id);
				if (!intact)
					findings.push({ level: "bad", text: `the audit log of ${id} was changed at entry ${firstBroken}` });
			}
			const people = await database.read("SELECT id FROM user WHERE active = 1 LIMIT 1");
			if (people.length === 0) {
				findings.push({ level: "warn", text: "nobody can log in yet: visionvend-cloud create-user" });
			}
			return findings;
		},
		encryptionKey,
	);
}

function examinePayments(settings: ReturnType<typeof readSettings>): Finding[] {
	const hasStripe = settings.STRIPE_API_KEY !== undefined || settings.STRIPE_API_BASE !== undefined;
	const hasRazorpay = settings.RAZORPAY_KEY_ID !== undefined;
	if (!hasStripe && !hasRazorpay) {
		return [{ level: "warn", text: "payments are off: neither STRIPE_API_KEY nor RAZORPAY_KEY_ID is set" }];
	}
	const without = (name: string, variable: string): Finding => {
		return { level: "warn", text: `webhooks of ${name} are off: ${variable} is not set` };
	};
	return [
		...(hasStripe && settings.STRIPE_WEBHOOK_SECRET === undefined ? [without("Stripe", "STRIPE_WEBHOOK_SECRET")] : []),
		...(hasRazorpay && settings.RAZORPAY_WEBHOOK_SECRET === undefined
			? [without("Razorpay", "RAZORPAY_WEBHOOK_SECRET")]
			: []),
	];
}

function answers(host: string, port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ host, port, timeout: connectWithinMs });
		const end = (answered: boolean): void => {
			socket.destroy();
			resolve(answered);
		};
		socket.once("connect", () => end(true));
		socket.once("timeout", () => end(false));
		socket.once("error", () => end(false));
	});
}
