import type { WebhookAddress } from "../network/serve-api.ts";
import { parseCommandLine, refuseMore, UsageError } from "./command.ts";

/** Reads `--port`, `--webhook-url` and `--webhook-secret` of a payment network. @throws UsageError */
export function networkArguments(
	args: readonly string[],
	usage: string,
	usualPort: number,
): { readonly port: number; readonly webhook: WebhookAddress | undefined } {
	const { values, positionals } = parseCommandLine(
		args,
		{ port: { type: "string" }, "webhook-url": { type: "string" }, "webhook-secret": { type: "string" } },
		usage,
	);
	refuseMore(positionals, 0, usage);
	const port = Number(values.port ?? usualPort);
	if (!Number.isInteger(port) || port < 0 || port > 65_535)
		throw new UsageError(`--port ${values.port}: not a port\n\n${usage}`);
	const url = values["webhook-url"];
	const secret = values["webhook-secret"];
	if ((url === undefined) !== (secret === undefined))
		throw new UsageError(`--webhook-url and --webhook-secret go together\n\n${usage}`);
	return { port, webhook: url !== undefined && secret !== undefined ? { url, secret } : undefined };
}
