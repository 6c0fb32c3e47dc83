import { interrupted } from "../demo/interruption.ts";
import { serveStripe } from "../stripe/serve.ts";
import { type CommandIO, exitCodes, parseCommandLine, refuseMore, UsageError } from "./command.ts";

export const name = "stripe";
export const summary = "a payment network that speaks Stripe's API";
export const usage = `visionvend-sim stripe [--port 12111] [--webhook-url URL --webhook-secret whsec_…]

Runs until it is interrupted. Point the cloud at it with STRIPE_API_BASE.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(
		args,
		{ port: { type: "string" }, "webhook-url": { type: "string" }, "webhook-secret": { type: "string" } },
		usage,
	);
	refuseMore(positionals, 0, usage);
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
	io.out(`Stripe's API is simulated at ${served.url}. Point the cloud at it: STRIPE_API_BASE=${served.url}`);
	await interrupted(io.interruption);
	await served.close();
	return exitCodes.ok;
}
