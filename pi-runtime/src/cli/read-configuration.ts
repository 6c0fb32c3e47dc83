import { readFileSync } from "node:fs";
import { type PiConfiguration, parseConfiguration } from "../configuration.ts";
import { errorText } from "../error-text.ts";
import { UsageError } from "./usage-error.ts";

/** Reads and checks the configuration file. Throws a `UsageError` that says what to change. */
export function readConfiguration(path: string, environment: NodeJS.ProcessEnv): PiConfiguration {
	return parseConfigurationOf(path, readText(path), environment);
}

/** The text of the broker's certificate authority, when the configuration names a file of it. */
export function readCertificateAuthority(caFile: string | undefined): string | undefined {
	return caFile === undefined ? undefined : readText(caFile);
}

function readText(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		throw new UsageError(`"${path}" cannot be read: ${errorText(error)}`, { cause: error });
	}
}

function parseConfigurationOf(path: string, text: string, environment: NodeJS.ProcessEnv): PiConfiguration {
	try {
		return parseConfiguration(text, environment);
	} catch (error) {
		throw new UsageError(`${path}: ${errorText(error)}`, { cause: error });
	}
}
