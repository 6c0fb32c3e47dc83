import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorText } from "../error-text.ts";

const enrolled = ".enrolled.json";
/** Inside a release. */
const models = "pi-runtime/models";

/**
 * Copies what was enrolled beside the models of one release into another one, for each model that is the same there. What was enrolled
 * with a model that the other release does not have means nothing to it and stays behind.
 */
export async function carryEnrolled(from: string, to: string): Promise<void> {
	const [before, after] = [join(from, models), join(to, models)];
	for (const name of (await namesIn(before)).filter((file) => file.endsWith(enrolled))) {
		const model = name.replace(enrolled, ".onnx");
		if (!(await namesIn(after)).includes(model)) continue;
		const [one, other] = await Promise.all([before, after].map((folder) => readFile(join(folder, model))));
		if (one !== undefined && other?.equals(one)) await cp(join(before, name), join(after, name));
	}
}

/** None where there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
	try {
		return await readdir(folder);
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
		throw new Error(`${folder} cannot be read: ${errorText(error)}`, { cause: error });
	}
}
