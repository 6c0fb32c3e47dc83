import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { allPictures, pageWithPicture } from "./pictures.ts";

// npm run wiring: draws the picture of every driver anew and puts it onto its page.

/** From `.ci/dist/.ci/wiring-picture`, where the build puts this. */
const top = fileURLToPath(new URL("../../../..", import.meta.url));

const pictures = allPictures(top);
for (const { folder, svg, markdown } of pictures) {
	writeFileSync(join(folder, "wiring.svg"), svg);
	const page = join(folder, "README.md");
	writeFileSync(page, pageWithPicture(readFileSync(page, "utf8"), markdown));
}
console.log(`${pictures.length} pictures in drivers/*/wiring.svg`);
