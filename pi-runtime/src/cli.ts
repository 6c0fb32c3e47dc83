#!/usr/bin/env node
import { parseArgs } from "node:util";
import { doctor } from "./cli/doctor.ts";
import { readConfiguration, UsageError } from "./cli/read-configuration.ts";
import { serve } from "./cli/serve.ts";
import { errorText } from "./service-context.ts";
import { version } from "./version.ts";

const usage = `visionvend-pi ${version}: the service on the Raspberry Pi of a VisionVend machine

  visionvend-pi serve --config pi.json    run until SIGTERM
  visionvend-pi doctor --config pi.json   check store, wire and broker, then exit
  visionvend-pi --help | --version

Secrets may come from the environment instead of the file:
  VISIONVEND_PI_RECEIVE_KEY  VISIONVEND_PI_SEND_KEY  VISIONVEND_PI_BROKER_PASSWORD
`;

/** Returns the exit status when there is one; a running service ends by itself. */
async function main(words: string[]): Promise<number | undefined> {
	const { positionals, values } = parse(words);
	if (values.help) {
		process.stdout.write(usage);
		return 0;
	}
	if (values.version) {
		process.stdout.write(`${version}\n`);
		return 0;
	}
	const [command, ...rest] = positionals;
	if ((command !== "serve" && command !== "doctor") || rest.length > 0) {
		throw new UsageError(command === undefined ? "Say what to do." : `"${positionals.join(" ")}" is not known.`);
	}
	if (values.config === undefined) throw new UsageError("--config is missing: the path of the configuration file.");
	const configuration = readConfiguration(values.config, process.env);
	if (command === "doctor") return (await doctor(configuration, (line) => console.log(line))) ? 0 : 1;
	await serve(configuration);
	return undefined;
}

function parse(words: string[]) {
	try {
		return parseArgs({
			args: words,
			allowPositionals: true,
			options: {
				config: { type: "string", short: "c" },
				help: { type: "boolean", short: "h" },
				version: { type: "boolean" },
			},
		});
	} catch (error) {
		throw new UsageError(errorText(error), { cause: error });
	}
}

main(process.argv.slice(2)).then(
	(status) => {
		if (status !== undefined) process.exit(status);
	},
	(error: unknown) => {
		if (error instanceof UsageError) {
			process.stderr.write(`visionvend-pi: ${error.message}\nTry "visionvend-pi --help".\n`);
			process.exit(2);
		}
		// A store that cannot be trusted, a native binding that does not load: the message is made for people.
		process.stderr.write(`visionvend-pi: ${errorText(error)}\n`);
		process.exit(1);
	},
);
