import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Certificates {
	/** The authority, PEM, and where it lies. */
	readonly ca: string;
	readonly caFile: string;
	readonly certificateFile: string;
	readonly keyFile: string;
}

/** Makes a certificate authority and a server certificate for this machine, both good for a month, with `openssl`. */
export async function makeCertificates(directory: string): Promise<Certificates> {
	const caFile = join(directory, "ca.pem");
	const caKeyFile = join(directory, "ca.key");
	const certificateFile = join(directory, "server.pem");
	const keyFile = join(directory, "server.key");
	const requestFile = join(directory, "server.csr");
	const extensionFile = join(directory, "server.ext");
	const newKey = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
	await writeFile(extensionFile, "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n");
	await openssl([
		...newKey,
		"-x509",
		"-days",
		"30",
		"-subj",
		"/CN=VisionVend test authority",
		"-keyout",
		caKeyFile,
		"-out",
		caFile,
	]);
	await openssl([...newKey, "-subj", "/CN=localhost", "-keyout", keyFile, "-out", requestFile]);
	const signing = ["x509", "-req", "-days", "30", "-CA", caFile, "-CAkey", caKeyFile, "-CAcreateserial"];
	await openssl([...signing, "-in", requestFile, "-extfile", extensionFile, "-out", certificateFile]);
	return { ca: await readFile(caFile, "utf8"), caFile, certificateFile, keyFile };
}

async function openssl(parameters: readonly string[]): Promise<void> {
	await run("openssl", [...parameters]);
}
