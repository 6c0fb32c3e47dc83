#!/usr/bin/env node
import { parseArgs } from "node:util";
import { UsageError } from "./cli/usage-error.ts";
import { errorText } from "./error-text.ts";
import { version } from "./version.ts";

const usage = `visionvend-pi ${version}: the service on the Raspberry Pi of a VisionVend machine

  visionvend-pi serve --config pi.json    run until SIGTERM
  visionvend-pi doctor --config pi.json   check all that the service needs, then exit
  visionvend-pi track VIDEO|FOLDER [--out DIR]    follow products and hands, tell what was taken and returned
  visionvend-pi mot --det FILE --out FILE         follow the detections of a MOTChallenge file
  visionvend-pi mot-eval --gt FILE --result FILE  score tracks: MOTA, MOTP, IDF1, HOTA
  visionvend-pi detect IMAGE [--out FILE.png]     find products and hands in an image
  visionvend-pi enroll LABEL PHOTO…               learn a product from 1 to 9 photographs
  visionvend-pi capture SOURCE --out FILE.jpg [--calibrate]  take a picture; set up focus, light, shelves
  visionvend-pi record SOURCE --out DIR           record a camera as the service does
  visionvend-pi claim URL                         become the machine of a QR code
  visionvend-pi update [MANIFEST.json]            install a signed release, or what the cloud wants; on trial at the next start
  visionvend-pi pack-release --key FILE --out DIR make one of this repository
  visionvend-pi pack-model MODEL --version X.Y.Z --key FILE --out DIR  make an update of a detector
  visionvend-pi --help | --version

Secrets may come from the environment instead of the file:
  VISIONVEND_PI_RECEIVE_KEY  VISIONVEND_PI_SEND_KEY  VISIONVEND_PI_BROKER_PASSWORD
  VISIONVEND_PI_DETECT_TOKEN
`;

/** Tools with options of their own; each takes the words behind its name and returns the exit status. */
const tools: Readonly<Record<string, (words: string[]) => Promise<number>>> = {
	track: async (words) => (await import("./cli/track.ts")).track(words),
	mot: async (words) => (await import("./cli/mot.ts")).mot(words),
	"mot-eval": async (words) => (await import("./cli/mot-eval.ts")).motEval(words),
	claim: async (words) => (await import("./cli/claim.ts")).claim(words),
	update: async (words) => (await import("./cli/update.ts")).update(words),
	"pack-release": async (words) => (await import("./cli/pack-release.ts")).packReleaseTool(words),
	"pack-model": async (words) => (await import("./cli/pack-model.ts")).packModel(words),
	capture: async (words) => (await import("./cli/capture.ts")).capture(words),
	record: async (words) => (await import("./cli/record.ts")).record(words),
	enroll: async (words) => (await import("./cli/enroll.ts")).enroll(words),
	detect: async (words) => (await import("./cli/detect.ts")).detect(words),
};

/** Returns the exit status when there is one; a running service ends by itself. */
async function main(words: string[]): Promise<number | undefined> {
	const tool = tools[words[0] ?? ""];
	if (tool !== undefined) return tool(words.slice(1));
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
	// Loaded one by one: a mistake in the words or the file is told at once, without broker and database libraries.
	const { readConfiguration } = await import("./cli/read-configuration.ts");
	const configuration = readConfiguration(values.config, process.env);
	if (command === "doctor") {
		const { doctor } = await import("./cli/doctor.ts");
		return (await doctor(configuration, (line) => process.stdout.write(`${line}\n`))) ? 0 : 1;
	}
	const { serve } = await import("./cli/serve.ts");
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
