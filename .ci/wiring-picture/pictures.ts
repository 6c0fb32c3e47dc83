import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseWiring } from "./wiring.ts";
import { wiringAlt, wiringPicture } from "./wiring-picture.ts";

export interface DriverPicture {
	/** Folder of the driver, absolute. */
	readonly folder: string;
	readonly svg: string;
	/** The line that shows the picture on the part's page. */
	readonly markdown: string;
}

/** The picture of one driver from its `wiring.json`. Throws, with the file's name, when that is not sound. */
export function pictureOf(folder: string): DriverPicture {
	const file = join(folder, "wiring.json");
	const wiring = parseWiring(readFileSync(file, "utf8"), file);
	return { folder, svg: wiringPicture(wiring), markdown: `![${wiringAlt(wiring)}](wiring.svg)` };
}

/** The pictures of all drivers that have a `wiring.json`, in the order of their names. */
export function allPictures(top: string): DriverPicture[] {
	const drivers = join(top, "drivers");
	return readdirSync(drivers)
		.sort()
		.map((name) => join(drivers, name))
		.filter((folder) => existsSync(join(folder, "wiring.json")))
		.map(pictureOf);
}

/** Puts the picture behind the page's first sentence, in the place of one that is there. */
export function pageWithPicture(page: string, markdown: string): string {
	const without = page.replace(/^!\[[^\]]*\]\(wiring\.svg\)\n\n/m, "");
	return without.replace(/^(# .*\n\n[^\n]+\n\n)/, (head) => `${head}${markdown}\n\n`);
}
