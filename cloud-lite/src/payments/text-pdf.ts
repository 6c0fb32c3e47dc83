const columns = 96;
const linesAPage = 64;

/**
 * Plain text as PDF pages (A4, Courier 9), for those who take evidence as documents only. Characters beyond Latin-1
 * become question marks. Source: ISO 32000-1, 7.5 "File structure" and 9.4 "Text objects".
 */
export function textPdf(text: string): Uint8Array<ArrayBuffer> {
	const lines = text.split("\n").flatMap(wrapped);
	const pages = Array.from({ length: Math.max(1, Math.ceil(lines.length / linesAPage)) }, (_, index) =>
		lines.slice(index * linesAPage, (index + 1) * linesAPage),
	);
	// Objects 1 to 3 are catalogue, page tree and font; then each page has two: itself and its content.
	const kids = pages.map((_, index) => `${4 + 2 * index} 0 R`).join(" ");
	const objects = [
		"<< /Type /Catalog /Pages 2 0 R >>",
		`<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
		"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
		...pages.flatMap((page, index) => {
			const content = `BT /F1 9 Tf 12 TL 36 800 Td\n${page.map((line) => `(${escaped(line)}) Tj T*`).join("\n")}\nET`;
			return [
				`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + 2 * index} 0 R >>`,
				`<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
			];
		}),
	];
	let file = "%PDF-1.4\n";
	const places = objects.map((object, index) => {
		const place = file.length;
		file += `${index + 1} 0 obj\n${object}\nendobj\n`;
		return place;
	});
	const xref = places.map((place) => `${`${place}`.padStart(10, "0")} 00000 n \n`).join("");
	const size = objects.length + 1;
	file += `xref\n0 ${size}\n0000000000 65535 f \n${xref}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
	return new Uint8Array(Buffer.from(file, "latin1"));
}

function wrapped(line: string): string[] {
	const parts: string[] = [];
	for (let from = 0; from < line.length || from === 0; from += columns) parts.push(line.slice(from, from + columns));
	return parts;
}

/** One byte a character, so that lengths and places count bytes. */
function escaped(line: string): string {
	return line.replace(/[^\x20-\x7e\xa0-\xff]/g, "?").replace(/[\\()]/g, "\\$&");
}
