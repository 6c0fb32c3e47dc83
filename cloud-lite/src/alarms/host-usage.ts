import { statfs } from "node:fs/promises";
import { freemem, totalmem } from "node:os";
import type { Usage } from "./service-watches.ts";

/** Memory of this host, and the disk that a folder lies on. */
export async function hostUsage(folder: string): Promise<Usage[]> {
	const { blocks, bavail } = await statfs(folder);
	return [
		{ resource: "memory", used: totalmem() - freemem(), total: totalmem() },
		{ resource: "disk", used: blocks - bavail, total: blocks },
	];
}
