import { Counter, Gauge, Registry } from "prom-client";
import type { Health } from "./health.ts";

/** The health of the service in the text format of Prometheus. */
export async function metricsText(health: Health): Promise<{ readonly text: string; readonly contentType: string }> {
	const registry = new Registry();
	const registers = [registry];
	const gauge = (name: string, help: string, value: number | undefined): void => {
		if (value !== undefined) new Gauge({ name: `visionvend_pi_${name}`, help, registers }).set(value);
	};
	const { link, broker, store, scales, vision, recording, host } = health;
	const isUp = (status: string): number => (status === "up" || status === "ok" || status === "running" ? 1 : 0);
	gauge("healthy", "1 when nothing is down", health.status === "healthy" ? 1 : 0);
	gauge("uptime_seconds", "Since the service started", health.uptimeMs / 1_000);
	gauge("link_up", "1 when the controller answers", isUp(link.status));
	gauge("link_pending", "Commands that the controller has not acknowledged", link.pending);
	gauge("broker_up", "1 when the broker is connected", isUp(broker.status));
	gauge("store_up", "1 when the store takes what it is given", isUp(store.status));
	if ("pending" in store) gauge("store_pending", "Reports and messages that wait for the cloud", store.pending);
	if (scales.status !== "unknown") gauge("scales_up", "1 when no scale has a fault", isUp(scales.status));
	gauge("recording_bytes", "Of all recordings", recording.bytes);
	gauge("recording_waiting_frames", "Frames that wait for an encoder", recording.waiting);
	gauge("disk_free_ratio", "Of the disk of the store", host.diskFree);
	gauge("temperature_celsius", "Of the processor", host.temperatureCelsius);
	gauge("resident_memory_bytes", "Of the process", host.residentBytes);

	const drops = new Counter({
		name: "visionvend_pi_recording_drops_total",
		help: "What was not recorded",
		labelNames: ["reason"],
		registers,
	});
	for (const [reason, count] of Object.entries(recording.drops)) drops.inc({ reason }, count);
	gauge("vision_up", "1 when cameras and detector work", vision.status === "off" ? undefined : isUp(vision.status));
	if (!("cameras" in vision)) return { text: await registry.metrics(), contentType: registry.contentType };
	const labelNames = ["camera"] as const;
	const perCamera = { labelNames, registers };
	const up = new Gauge({ name: "visionvend_pi_camera_up", help: "1 when frames come", ...perCamera });
	const rate = new Gauge({ name: "visionvend_pi_camera_fps", help: "Frames a second, over ten seconds", ...perCamera });
	const inference = new Gauge({ name: "visionvend_pi_inference_ms", help: "Of the newest frame", ...perCamera });
	const detected = new Counter({ name: "visionvend_pi_detected_frames_total", help: "Looked at", ...perCamera });
	const restarts = new Counter({ name: "visionvend_pi_detector_restarts_total", help: "After a death", ...perCamera });
	const lost = new Counter({
		name: "visionvend_pi_camera_drops_total",
		help: "Frames that were lost",
		labelNames: ["camera", "reason"],
		registers,
	});
	for (const { camera, status, framesPerSecond, inferenceMs, ...counts } of vision.cameras) {
		const label = { camera: String(camera) };
		up.set(label, isUp(status));
		rate.set(label, framesPerSecond);
		if (inferenceMs !== undefined) inference.set(label, inferenceMs);
		detected.inc(label, counts.detected);
		restarts.inc(label, counts.restarts);
		for (const [reason, count] of Object.entries(counts.drops)) lost.inc({ ...label, reason }, count);
	}
	return { text: await registry.metrics(), contentType: registry.contentType };
}
