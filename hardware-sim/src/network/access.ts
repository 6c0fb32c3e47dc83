/**
 * Who may use which topic, the same on every broker here and on a real one: a machine reads and writes below
 * `devices/{its name}/`, the cloud below `devices/`, nobody else anything. Later accounts of a machine are its name, a dot
 * and a number.
 * @param topic a topic without wildcards.
 */
export function mayUse(username: string, topic: string): boolean {
	if (username === "cloud") return topic.startsWith("devices/");
	// A user name with a separator or a wildcard would reach further than one machine.
	const machineId = /^([a-z0-9][a-z0-9-]{0,62})(\.[1-9][0-9]{0,5})?$/.exec(username)?.[1];
	return machineId !== undefined && topic.startsWith(`devices/${machineId}/`);
}
