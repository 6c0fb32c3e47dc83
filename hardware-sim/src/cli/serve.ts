import { systemClock } from "@visionvend/sdk/clock";
import { interrupted } from "../demo/interruption.ts";
import { machineKinds } from "../language/options.ts";
import { EnvironmentError } from "../language/typescript.ts";
import { PageNotBuilt } from "../serve/page-files.ts";
import { type ServedPage, servePage } from "../serve/serve-page.ts";
import { buildXsHost, type XsHost } from "../xs/build.ts";
import { type CommandIO, exitCodes, parseCommandLine, parseSeed, refuseMore, UsageError } from "./command.ts";
import { engineOf } from "./engine.ts";

export const name = "serve";
export const summary = "a page with a virtual fridge to shop at with mouse or finger";
export const usage = `visionvend-sim serve [options]

  --port N          8765 where not given; 0 takes a free one
  --host ADDRESS    127.0.0.1 (default) for this computer; 0.0.0.0 for a phone in the same network too
  --seed N          which fridge; 1 where not given
  --machine KIND    fridge (default), vending or coffee
  --engine node|xs  the firmware in Node, or on XS inside the memory of an ESP32-S3; XS where it can be built

Prints the page's address and runs until it is interrupted. Time goes on while somebody looks at the page.

Exit codes: 0 ended well, 2 a mistake in the command line, 3 this computer cannot do it.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(
		args,
		{
			port: { type: "string" },
			host: { type: "string" },
			seed: { type: "string" },
			machine: { type: "string" },
			engine: { type: "string" },
		},
		usage,
	);
	refuseMore(positionals, 0, usage);
	const port = Number(values.port ?? "8765");
	if (!Number.isInteger(port) || port < 0 || port > 65_535)
		throw new UsageError(`--port ${values.port}: not a port\n\n${usage}`);
	const kind = machineKinds.find((candidate) => candidate === (values.machine ?? "fridge"));
	if (kind === undefined)
		throw new UsageError(`--machine ${values.machine}: say ${machineKinds.join(", ")}\n\n${usage}`);
	const seed = parseSeed(values.seed, usage) ?? 1;
	const xsHost = values.engine === undefined ? xsWherePossible(io) : engineOf(values.engine, usage, io);
	const served = await start({ port, host: values.host ?? "127.0.0.1", seed, kind, xsHost, clock: systemClock });
	io.out(`The virtual fridge is at ${served.url} (Ctrl-C ends)`);
	await interrupted(io.interruption);
	await served.close();
	return exitCodes.ok;
}

async function start(options: Parameters<typeof servePage>[0]): Promise<ServedPage> {
	try {
		return await servePage(options);
	} catch (error) {
		if (error instanceof PageNotBuilt) throw new EnvironmentError(error.message);
		if (error instanceof Error && "code" in error && error.code === "EADDRINUSE")
			throw new EnvironmentError(`Port ${options.port} is taken: end what uses it, or choose another with --port.`);
		throw error;
	}
}

function xsWherePossible(io: CommandIO): XsHost | undefined {
	const built = buildXsHost({ onProgress: (line) => io.err(line) });
	if (built.ok) return built;
	io.err(`The firmware runs in Node, not on XS: ${built.reason}`);
	return undefined;
}
