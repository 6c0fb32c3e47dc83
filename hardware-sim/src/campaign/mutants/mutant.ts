import type { MachineKind } from "@visionvend/sdk/device/messages";
/** A planted bug: somebody wrote `replace` where `find` stands. Only campaigns load it; no product does. */
export interface Mutant {
	/** Words with dashes between them. */
	readonly name: string;
	/** What the bug does, in one line. */
	readonly story: string;
	/** Room and path below its `src`, as packages name it: `sdk/device/lock/lock-machine`. */
	readonly file: string;
	/** Stands exactly once in the file as it was built. */
	readonly find: string;
	readonly replace: string;
	/** At which machine it shows; at a fridge where not given. */
	readonly machine?: MachineKind;
}

/** Package names without their scope, where a room's folder has another name. */
const folders: Readonly<Record<string, string>> = Object.freeze({ firmware: "firmware-moddable" });

/** The end of the URL of a mutant's built file. */
export function builtPath({ file }: Pick<Mutant, "file">): string {
	const [room = "", ...path] = file.split("/");
	return `/${folders[room] ?? room}/dist/${path.join("/")}.js`;
}

/** The text with the bug in it. Throws where the text is not the one that the mutant was made for. */
export function mutate(source: string, { name, file, find, replace }: Mutant): string {
	const parts = source.split(find);
	if (parts.length !== 2)
		throw new Error(
			`The planted bug "${name}" looks for a text that stands in ${file} ${parts.length - 1} times, not once. Adapt it to the file.`,
		);
	return parts.join(replace);
}
