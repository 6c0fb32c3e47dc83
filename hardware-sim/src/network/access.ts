/**
 * Who may use which topic, the same on every broker here and on a real one: a machine reads and writes below
 * `devices/{its user name}/`, the cloud below `devices/`, nobody else anything.
 * @param topic a topic without wildcards.
 */
export function mayUse(username: string, topic: string): boolean {
	if (username === "cloud") return topic.startsWith("devices/");
	// A user name with a separator or a wildcard would reach further than one machine.
	return /^[a-z0-9][a-z0-9-]{0,62}$/.test(username) && topic.startsWith(`devices/${username}/`);
}
