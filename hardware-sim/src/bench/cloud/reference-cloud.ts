import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import Stripe from "stripe";
import { processUsage } from "../../fleet/process-usage.ts";
import { answers, type ServedApi } from "../../fleet/served-cloud.ts";
import { freePort } from "../../network/free-port.ts";
import type { StripeSimulator } from "../../stripe/stripe-simulator.ts";

const run = promisify(execFile);
const installWithinMs = 240_000;
const readyWithinMs = 60_000;

/**
 * Python with the packages of the reference, in a folder of the user's cache; installed from PyPI the first time.
 * @returns the path of its `python`, or one line for people where that cannot be had
 */
export async function referencePython(
	onProgress: (line: string) => void,
): Promise<string | { readonly absent: string }> {
	const requirements = join(referenceFolder(), "requirements.txt");
	const key = createHash("sha256")
		.update(await readFile(requirements))
		.digest("hex")
		.slice(0, 16);
	const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "visionvend");
	const folder = join(cache, `reference-${key}`);
	const python = join(folder, "bin", "python");
	if (existsSync(python)) return python;
	onProgress("installing FastAPI from PyPI");
	const making = `${folder}.${process.pid}`;
	try {
		await mkdir(cache, { recursive: true });
		await run("python3", ["-m", "venv", making], { timeout: installWithinMs });
		const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
		await run(join(making, "bin", "python"), pip, { timeout: installWithinMs });
		await rename(making, folder);
		return python;
	} catch (error) {
		await rm(making, { recursive: true, force: true });
		const [reason = ""] = (error instanceof Error ? error.message : String(error)).trim().split("\n").slice(-1);
		return { absent: `the reference needs python3 with venv, and PyPI the first time: ${reason}` };
	}
}

/** Runs the reference on a database of its own with `count` machines and shoppers, `m-0` and `shopper-0` on. */
export async function serveReference(
	python: string,
	options: {
		readonly folder: string;
		readonly count: number;
		readonly jwtSecret: string;
		readonly stripeUrl: string;
		readonly payments: StripeSimulator;
		readonly broker: { readonly url: string; readonly password: string };
	},
): Promise<ServedApi> {
	const port = await freePort();
	const { customer, paymentMethod } = await saveCard(options.payments);
	const child = spawn(
		python,
		[
			"-m",
			"uvicorn",
			"main:app",
			"--host",
			"127.0.0.1",
			"--port",
			String(port),
			"--loop",
			"uvloop",
			"--http",
			"httptools",
		],
		{
			cwd: referenceFolder(),
			stdio: ["ignore", "ignore", "pipe"],
			env: {
				PATH: process.env.PATH ?? "",
				PYTHONDONTWRITEBYTECODE: "1",
				DATABASE_PATH: join(options.folder, "reference.db"),
				JWT_SECRET: options.jwtSecret,
				STRIPE_API_BASE: options.stripeUrl,
				CUSTOMER: customer,
				PAYMENT_METHOD: paymentMethod,
				MQTT_PORT: new URL(options.broker.url).port,
				MQTT_PASSWORD: options.broker.password,
				MACHINES: String(options.count),
			},
		},
	);
	const complaints: string[] = [];
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		complaints.push(text);
		if (complaints.length > 40) complaints.shift();
	});
	const killAtExit = () => child.kill("SIGKILL");
	process.once("exit", killAtExit);
	const close = async (): Promise<void> => {
		process.off("exit", killAtExit);
		if (child.exitCode !== null || child.signalCode !== null) return;
		const gone = once(child, "exit");
		child.kill("SIGKILL");
		await gone;
	};
	const url = `http://127.0.0.1:${port}`;
	const untilMs = performance.now() + readyWithinMs;
	while (!(await answers(`${url}/health`))) {
		if (child.exitCode !== null || performance.now() > untilMs) {
			await close();
			throw new Error(`the reference did not start:\n${complaints.join("")}`);
		}
		await setTimeout(50);
	}
	return { url, usage: () => processUsage(child.pid ?? 0), close };
}

function referenceFolder(): string {
	const entry = fileURLToPath(import.meta.resolve("@visionvend/cloud-lite/cli"));
	return join(dirname(entry), "..", "bench", "reference");
}

async function saveCard(payments: StripeSimulator): Promise<{ customer: string; paymentMethod: string }> {
	const stripe = new Stripe("sk_test_visionvend", {
		httpClient: Stripe.createFetchHttpClient(payments.fetch),
		telemetry: false,
	});
	const customer = await stripe.customers.create({});
	const paymentMethod = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
	return { customer: customer.id, paymentMethod: paymentMethod.id };
}
