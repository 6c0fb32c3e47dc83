import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";

/** A letter as its reader sees it. */
export interface Letter {
	readonly to: readonly string[];
	readonly from: string;
	readonly subject: string;
	readonly text: string;
	readonly messageId: string;
	readonly attachments: readonly { readonly filename: string; readonly content: string }[];
}

/** A mail server on a free port of this machine, with accounts and mailboxes. */
export interface MailServer {
	/** `smtp://user:password@127.0.0.1:port`. */
	readonly url: string;
	readonly letters: readonly Letter[];
	/** Recipients that do not exist here (reply 550). */
	readonly unknown: Set<string>;
	/** Whether it answers 421 to everybody. */
	busy: boolean;
	close(): Promise<void>;
}

/** An SMTP server (RFC 5321) that insists on AUTH and keeps what it is given. */
export async function startMailServer(account: { user: string; password: string }): Promise<MailServer> {
	const letters: Letter[] = [];
	const unknown = new Set<string>();
	const replies = (responseCode: number, message: string) => Object.assign(new Error(message), { responseCode });
	const server = new SMTPServer({
		// Loopback only, and the client is not to be taught to trust a certificate of ours.
		disabledCommands: ["STARTTLS"],
		allowInsecureAuth: true,
		onConnect: (_session, done) => done(mailServer.busy ? replies(421, "Service not available, try later") : null),
		onAuth: ({ username, password }, _session, done) => {
			if (username === account.user && password === account.password) done(null, { user: account.user });
			else done(replies(535, "Authentication credentials invalid"));
		},
		onRcptTo: ({ address }, _session, done) => {
			done(unknown.has(address) ? replies(550, `${address}: no such mailbox`) : null);
		},
		onData: (stream, session, done) => {
			const parts: Buffer[] = [];
			stream.on("data", (part: Buffer) => parts.push(part));
			stream.on("end", () => {
				PostalMime.parse(Buffer.concat(parts)).then((mail) => {
					letters.push({
						to: session.envelope.rcptTo.map(({ address }) => address),
						from: mail.from?.address ?? "",
						subject: mail.subject ?? "",
						text: mail.text ?? "",
						messageId: mail.messageId ?? "",
						attachments: mail.attachments.map(({ filename, content }) => ({
							filename: filename ?? "",
							content: typeof content === "string" ? content : Buffer.from(new Uint8Array(content)).toString("utf8"),
						})),
					});
					done();
				}, done);
			});
		},
	});
	// A client that leaves while the server is still saying no.
	server.on("error", () => undefined);
	const port = await new Promise<number>((resolve) => {
		const listening = server.listen(0, "127.0.0.1", () => {
			const address = listening.address();
			resolve(typeof address === "object" && address !== null ? address.port : 0);
		});
	});
	const mailServer: MailServer = {
		url: `smtp://${encodeURIComponent(account.user)}:${encodeURIComponent(account.password)}@127.0.0.1:${port}`,
		letters,
		unknown,
		busy: false,
		close: () => new Promise((resolve) => server.close(() => resolve())),
	};
	return mailServer;
}
