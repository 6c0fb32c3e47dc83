/**
 * Does an MQTT topic filter match a topic (MQTT 5.0 section 4.7)? `+` stands for one level, `#` at the end for any
 * number of them, and neither for a first level that starts with `$`. A shared subscription matches as its filter does.
 */
export function matchesFilter(filter: string, topic: string): boolean {
	return topicPattern(filter).test(topic);
}

/** What `matchesFilter` asks, for a filter that many topics are compared with. */
export function topicPattern(filter: string): RegExp {
	const levels = filter.startsWith("$share/") ? filter.split("/").slice(2) : filter.split("/");
	const wildcard = levels.indexOf("#");
	if (wildcard >= 0 && wildcard < levels.length - 1) return /(?!)/;
	const parts = levels.map((level, index) => {
		const slash = index === 0 ? "" : "/";
		const first = index === 0 ? "(?!\\$)" : "";
		// `a/#` stands for `a`, too.
		if (level === "#") return index === 0 ? `${first}.*` : "(?:/.*)?";
		return slash + (level === "+" ? `${first}[^/]*` : level.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
	});
	return new RegExp(`^${parts.join("")}$`, "s");
}
