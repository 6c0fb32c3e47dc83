/**
 * Does an MQTT topic filter match a topic (MQTT 5.0 section 4.7)? `+` stands for one level, `#` at the end for any
 * number of them, and neither for a first level that starts with `$`. A shared subscription matches as its filter does.
 */
export function matchesFilter(filter: string, topic: string): boolean {
	const own = filter.startsWith("$share/") ? filter.split("/").slice(2) : filter.split("/");
	const levels = topic.split("/");
	if (topic.startsWith("$") && (own[0] === "+" || own[0] === "#")) {
		return false;
	}
	for (const [index, level] of own.entries()) {
		if (level === "#") {
			return index === own.length - 1;
		}
		if (index >= levels.length || (level !== "+" && level !== levels[index])) {
			return false;
		}
	}
	return own.length === levels.length;
}
