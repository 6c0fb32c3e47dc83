#!/usr/bin/env node
import { parseArgs } from "node:util";
import { parseDemoArguments, UsageError } from "./demo/arguments.ts";
import { runDemo } from "./demo/demo.ts";
import { interrupted, interruption } from "./demo/interruption.ts";
import { serveStripe } from "./stripe/serve.ts";
import { buildXsHost } from "./xs/build.ts";

const usage = `visionvend-sim demo [options]                     a whole sale; \`visionvend-sim demo --scenario list\` shows all
visionvend-sim stripe [--port 12111]              a payment network that speaks Stripe's API
               [--webhook-url URL --webhook-secret whsec_…]
visionvend-sim xs                                 builds the XS engine, if that has not been done`;

async function main(argv: readonly string[]): Promise<number> {
	const [command, ...rest] = argv;
	switch (command) {
		case "demo":
			return runDemo(parseDemoArguments(rest), interruption());
		case "stripe":
			return stripe(rest);
		case "xs": {
			const built = buildXsHost({ onProgress: (line) => process.stdout.write(`${line}\n`) });
			process.stdout.write(built.ok ? `${built.path}\n` : `${built.reason}\n`);
			return built.ok ? 0 : 1;
		}
		default:
			throw new UsageError(command === undefined ? usage : `There is no command "${command}".\n\n${usage}`);
	}
}

async function stripe(argv: readonly string[]): Promise<number> {
	const { values } = parseArgs({
		args: [...argv],
		options: { port: { type: "string" }, "webhook-url": { type: "string" }, "webhook-secret": { type: "string" } },
	});
	const port = Number(values.port ?? "12111");
	if (!Number.isInteger(port) || port < 0 || port > 65_535)
		throw new UsageError(`--port ${values.port}: not a port\n\n${usage}`);
	const url = values["webhook-url"];
	const secret = values["webhook-secret"];
	if ((url === undefined) !== (secret === undefined))
		throw new UsageError(`--webhook-url and --webhook-secret go together\n\n${usage}`);
	const served = await serveStripe({
		port,
		...(url !== undefined && secret !== undefined ? { webhook: { url, secret } } : {}),
	});
	process.stdout.write(
		`Stripe's API is simulated at ${served.url}. Point the cloud at it: STRIPE_API_BASE=${served.url}\n`,
	);
	await interrupted(interruption());
	await served.close();
	return 0;
}

try {
	const exitCode = await main(process.argv.slice(2));
	// A killed room leaves a request behind whose timer would keep the process for another minute.
	process.stdout.write("", () => process.exit(exitCode));
} catch (error) {
	if (!(error instanceof UsageError)) throw error;
	process.stderr.write(`${error.message}\n`);
	process.exitCode = 2;
}
