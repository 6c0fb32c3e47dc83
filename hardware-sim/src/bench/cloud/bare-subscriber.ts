import { once } from "node:events";
import mqtt from "mqtt";
import { z } from "zod";

/* A process that takes health messages as the cloud does, with QoS 1, and does nothing with them but count. */

const taskSchema = z.object({ url: z.string(), password: z.string(), filter: z.string(), messages: z.int() });
const [taskText = ""] = await once(process, "message");
const task = taskSchema.parse(taskText);
const client = await mqtt.connectAsync(task.url, {
	username: "cloud",
	password: task.password,
	clientId: "bare-subscriber",
	protocolVersion: 5,
});
let taken = 0;
client.on("message", () => {
	taken += 1;
	if (taken % task.messages === 0) process.send?.("taken");
});
await client.subscribeAsync(task.filter, { qos: 1 });
process.on("disconnect", () => process.exit(0));
process.send?.("subscribed");
