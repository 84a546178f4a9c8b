// Serve @sigstore/mock's Fulcio, Rekor and timestamp authority on loopback.
// Prints one line of JSON: the ports, and the parts of a trust root.
"use strict";
const http = require("node:http");
const crypto = require("node:crypto");
const mock = require("@sigstore/mock");

const pair = () => crypto.generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const der = (key) => key.publicKey.export({ format: "der", type: "spki" }).toString("base64");
const encoded = (bytes) => Buffer.from(bytes).toString("base64");

function serve(answer) {
  return new Promise((resolve) => {
    const server = http.createServer((request, response) => {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", async () => {
        const reply = await answer(request, Buffer.concat(parts));
        response.writeHead(reply.statusCode, { "Content-Type": reply.contentType || "text/plain", ...reply.headers });
        response.end(reply.response);
      });
    });
    server.listen(0, "127.0.0.1", () => resolve(server.address().port));
  });
}

// The real Rekor keeps hashes of an envelope in place of it; the mock keeps what it is given.
function canonical(entry) {
  const sha256 = (text) => ({ algorithm: "sha256", value: crypto.createHash("sha256").update(text).digest("hex") });
  if (entry.kind === "dsse" && entry.spec.proposedContent) {
    const { envelope, verifiers } = entry.spec.proposedContent;
    const { payload, signatures } = JSON.parse(envelope);
    entry.spec = {
      envelopeHash: sha256(envelope),
      payloadHash: sha256(Buffer.from(payload, "base64")),
      signatures: signatures.map((one, at) => ({ signature: one.sig, verifier: verifiers[at] })),
    };
  } else if (entry.kind === "intoto" && entry.apiVersion === "0.0.1") {
    const { envelope } = entry.spec.content;
    const { payload } = JSON.parse(envelope);
    entry.spec.content = { hash: sha256(envelope), payloadHash: sha256(Buffer.from(payload, "base64")) };
  }
  return entry;
}

// cosign 2 speaks the first version of Fulcio's API, and 3 sends its token in a header.
function asked(request, body) {
  const plain = (text) => (text ? Buffer.from(text, "base64").toString() : undefined);
  const token = (request.headers.authorization || "").replace(/^Bearer /i, "");
  const content = plain(body.publicKey?.content) || body.publicKeyRequest?.publicKey.content;
  return {
    credentials: { oidcIdentityToken: token || body.credentials.oidcIdentityToken },
    publicKeyRequest: content && { publicKey: { content } },
    certificateSigningRequest: plain(body.certificateSigningRequest),
  };
}

// The mock's tree has one leaf, whose proof is empty: no field of it is written. This one has two.
function proof({ body }, log) {
  const hash = (...parts) => crypto.createHash("sha256").update(Buffer.concat(parts)).digest();
  const first = hash(Buffer.from([0]), Buffer.from("first"));
  const rootHash = hash(Buffer.from([1]), first, hash(Buffer.from([0]), Buffer.from(body, "base64")));
  const note = `rekor.example.com - 1\n2\n${rootHash.toString("base64")}\n`;
  const hint = crypto.createHash("sha256").update(Buffer.from(der(log), "base64")).digest().subarray(0, 4);
  const signed = Buffer.concat([hint, crypto.sign("sha256", Buffer.from(note), log.privateKey)]);
  const checkpoint = `${note}\n\u2014 rekor.example.com ${signed.toString("base64")}\n`;
  return { logIndex: 1, treeSize: 2, rootHash: rootHash.toString("hex"), hashes: [first.toString("hex")], checkpoint };
}

async function main() {
  const [ca, ct, log, tsa] = [pair(), pair(), pair(), pair()];
  const ctlog = await mock.initializeCTLog(ct);
  const authority = await mock.initializeCA(ca, ctlog);
  const tlog = await mock.initializeTLog("https://rekor.example.com", log);
  const stamps = await mock.initializeTSA(tsa);
  const fulcio = mock.fulcioHandler(authority, { strict: true, subjectClaim: "sub" });
  const rekor = mock.rekorHandler(tlog, { strict: true });
  const timestamp = mock.tsaHandler(stamps, { strict: true });
  const fulcioPort = await serve(async (request, body) => {
    if (process.env.SERVICES_LOG) console.error(request.method, request.url, body.toString());
    const reply = await fulcio.fn(JSON.stringify(asked(request, JSON.parse(body))));
    if (reply.statusCode !== 201) return reply;
    if (request.url.startsWith("/api/v2/")) return { ...reply, statusCode: 200 };
    const { chain } = JSON.parse(reply.response).signedCertificateEmbeddedSct;
    return { statusCode: 201, contentType: "application/pem-certificate-chain", response: chain.certificates.join("") };
  });
  const rekorPort = await serve(async (request, body) => {
    if (process.env.SERVICES_LOG) console.error(request.method, request.url, body.toString());
    const reply = await rekor.fn(JSON.stringify(canonical(JSON.parse(body))));
    if (reply.statusCode !== 201) return reply;
    const entries = JSON.parse(reply.response);
    const [uuid] = Object.keys(entries);
    entries[uuid].verification.inclusionProof = proof(entries[uuid], log);
    const headers = { ETag: uuid, Location: `/api/v1/log/entries/${uuid}` };
    return { ...reply, response: JSON.stringify(entries), headers };
  });
  const tsaPort = await serve((_, body) => timestamp.fn(body.toString()));
  const from = new Date(Date.now() - 3600e3).toISOString();
  const valid = { start: from };
  const publicKey = (key) => ({ rawBytes: der(key), keyDetails: "PKIX_ECDSA_P256_SHA_256", validFor: valid });
  const logId = (key) => ({ keyId: crypto.createHash("sha256").update(Buffer.from(der(key), "base64")).digest("base64") });
  const root = {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [{ baseUrl: `http://127.0.0.1:${rekorPort}`, hashAlgorithm: "SHA2_256", publicKey: publicKey(log), logId: logId(log) }],
    certificateAuthorities: [{
      subject: { organization: "sigstore.mock", commonName: "sigstore" }, uri: `http://127.0.0.1:${fulcioPort}`,
      certChain: { certificates: [{ rawBytes: encoded(authority.rootCertificate) }] }, validFor: valid,
    }],
    ctlogs: [{ baseUrl: "http://127.0.0.1", hashAlgorithm: "SHA2_256", publicKey: publicKey(ct), logId: logId(ct) }],
    timestampAuthorities: [],
  };
  console.log(JSON.stringify({ fulcio: fulcioPort, rekor: rekorPort, tsa: tsaPort, root }));
}

main();
