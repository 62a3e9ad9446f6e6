"""A small stand-in for the Hugging Face Hub on this machine, serving folders under ids.

Its faults, for each id or, under "*", for all:

    404, 503      for whatever is asked
    503-files     for files only; what it holds is told
    429           with Retry-After: 300
    cut           half of each file over 1 KiB, then the connection is closed
    once          the same for the first who asks for a file; afterwards it comes whole
    pieces        12 MiB of a file at a time, then the connection is closed
    reset         the same half, then the connection is reset
    stall         headers, then silence
    silent        no answer at all
    longer        files have more bytes than they are said to have when asked for
    shorter       files have fewer
    407           a proxy that wants a password

It takes uploads, too, where the folders have one under "new": repositories are made in there, for
whoever has TOKEN, whose name is "me". Their faults:

    403           a token that may not write
    gone          the connection is reset in the middle of a large file, each time

GET /heal ends all faults. A proxy is asked for other hosts; this one answers for them, or CONNECT
with its fault.
"""

import base64
import hashlib
import json
import re
import socket
import ssl
import struct
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "c0ffee" * 6 + "c0ff"
TOKEN = "hf_of_the_stand_in"
PIECE = 12 * 2**20


@contextmanager
def serving(folders, faults, certificate=None, asked_for=None):
    """Serve while the block runs, and yield the address for HF_ENDPOINT.

    Args:
        folders: {("models" or "datasets", id): folder}.
        faults: {id: a fault as above}.
        certificate: a .pem file with certificate and key, for https.
        asked_for: a list that takes (file, Range or None) of each request for a file's content.
    """
    ended, cut_before = threading.Event(), set()
    private, uploaded = set(), {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_CONNECT(self):
            fault = faults.get("*")
            self.close_connection = True
            if fault == "silent":
                ended.wait()
            elif fault == "407":
                self.send_response(407, "Proxy Authentication Required")
                self.send_header("Content-Length", "0")
                self.end_headers()

        def do_GET(self):
            path = unquote(urlsplit(self.path).path)
            if path == "/heal":
                faults.clear()
                return self.reply(200)
            if "new" in folders and self.takes(path):
                return
            found = re.fullmatch(r"(?:/api)?/?(models|datasets)?/([^/]+/[^/]+)(?:/(.*))?", path)
            kind, name, rest = found.groups() if found else (None, None, "")
            folder = folders.get((kind or "models", name))
            self.fault = faults.get(name) or faults.get("*")
            if folder is None or self.fault == "404":
                return self.reply(404, missing="RepoNotFound")
            if self.fault == "503" or self.fault == "503-files" and not path.startswith("/api/"):
                return self.reply(503)
            if self.fault == "429":
                return self.reply(429)
            if self.fault == "silent":
                self.close_connection = True
                return ended.wait()
            files = {str(p.relative_to(folder)): p for p in folder.rglob("*") if p.is_file()}
            if path.startswith("/api/"):
                return self.describe(name, files, rest or "")
            asked = rest.partition("resolve/")[2].partition("/")[2]
            if (file := files.get(asked)) is None:
                return self.reply(404, missing="EntryNotFound")
            if asked_for is not None and self.command == "GET":
                asked_for.append((asked, self.headers.get("Range")))
            self.send_file(file.read_bytes())

        do_HEAD = do_POST = do_PUT = do_GET

        def takes(self, path):
            """Whether it is a step of an upload, which is then answered."""
            allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            step = re.fullmatch(
                r"/api/(whoami-v2|validate-yaml|repos/create)|/api/models/(.+)/(preupload|commit)/main"
                r"|/(.+)\.git/info/lfs/objects/batch|/large/(.+)",
                path,
            )
            if not step:
                return False
            about, name, change, batch, digest = step.groups()
            if digest:
                self.take_large(digest)
            elif not allowed:
                self.reply(401)
            elif about == "whoami-v2":
                self.answer({"type": "user", "name": "me", "auth": {"type": "access_token"}})
            else:
                told = self.body().decode()
                asked = [json.loads(line) for line in told.splitlines()]
                if about == "repos/create":
                    self.create(asked[0])
                elif (faults.get(name or batch) or faults.get("*")) == "403":
                    self.reply(403)
                elif change == "preupload":
                    self.answer({"files": [self.mode(file) for file in asked[0]["files"]]})
                elif change == "commit":
                    self.commit(name, asked)
                elif batch:
                    self.answer({"objects": [self.place(each) for each in asked[0]["objects"]]})
                else:
                    self.answer({"errors": [], "warnings": []})
            return True

        def create(self, asked):
            name = f"{asked.get('organization') or 'me'}/{asked['name']}"
            if not name.startswith("me/") or (faults.get(name) or faults.get("*")) == "403":
                return self.reply(403)
            if ("models", name) in folders:
                return self.reply(409)
            folder = folders["models", name] = folders["new"] / name
            folder.mkdir(parents=True)
            (folder / ".gitattributes").write_text("*.safetensors filter=lfs\n")
            if asked.get("private") or asked.get("visibility") == "private":
                private.add(name)
            self.answer({"url": f"{self.own_address()}/{name}", "id": name})

        def mode(self, file):
            large = file["path"].endswith(".safetensors")
            mode = "lfs" if large else "regular"
            return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}

        def place(self, asked):
            if asked["oid"] in uploaded:
                return asked
            href = f"{self.own_address()}/large/{asked['oid']}"
            return {**asked, "actions": {"upload": {"href": href}}}

        def take_large(self, digest):
            if faults.get("*") == "gone":
                self.rfile.read(1024)
                return self.reset()
            content = self.body()
            assert hashlib.sha256(content).hexdigest() == digest
            uploaded[digest] = content
            self.reply(200)

        def commit(self, name, asked):
            for line in asked:
                told = line["value"]
                if line["key"] == "file":
                    content = base64.b64decode(told["content"])
                    (folders["models", name] / told["path"]).write_bytes(content)
                elif line["key"] == "lfsFile":
                    (folders["models", name] / told["path"]).write_bytes(uploaded[told["oid"]])
            url = f"{self.own_address()}/{name}/commit/{COMMIT}"
            self.answer({"success": True, "commitOid": COMMIT, "commitUrl": url})

        def body(self):
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            content = b""
            while size := int(self.rfile.readline(), 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return content

        def answer(self, content):
            self.reply(200, json.dumps(content).encode())

        def own_address(self):
            return f"http://{self.headers['Host']}"

        def reset(self):
            """Close the connection without a farewell: what is not read yet is lost, too."""
            self.close_connection = True
            self.wfile.flush()
            at_once = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            self.server.to_reset.add(self.connection)

        def describe(self, name, files, rest):
            entries = [
                {"type": "file", "path": path, "size": file.stat().st_size, "oid": path}
                for path, file in sorted(files.items())
            ]
            if rest.startswith("tree/") and rest.count("/") > 1:
                return self.reply(404, missing="EntryNotFound")  # there are no folders in folders
            if rest.startswith("paths-info/"):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                as_json = body.startswith("{")
                asked = json.loads(body)["paths"] if as_json else parse_qs(body).get("paths", [])
                entries = [entry for entry in entries if entry["path"] in asked]
            if rest.startswith(("tree/", "paths-info/")):
                return self.reply(200, json.dumps(entries).encode())
            siblings = [{"rfilename": entry["path"]} for entry in entries]
            about = {
                "id": name,
                "sha": COMMIT,
                "private": name in private,
                "tags": [],
                "siblings": siblings,
            }
            self.reply(200, json.dumps(about).encode())

        def send_file(self, content):
            """A file, or what a fault leaves of it."""
            tag, start, whole = hashlib.sha1(content).hexdigest(), 0, len(content)
            asked = re.match(r"bytes=(\d+)-", self.headers.get("Range") or "")
            if asked:
                start = int(asked[1])
            content, fault = content[start:], self.fault
            sent = content
            if len(content) > 1024:
                broken = fault == "once" and self.command == "GET" and tag not in cut_before
                if broken:
                    cut_before.add(tag)
                if broken or fault in ("cut", "reset"):
                    sent = content[: len(content) // 2]
                elif self.command == "GET" and fault == "pieces":
                    sent = content[:PIECE]
                elif self.command == "GET" and fault in ("longer", "shorter"):
                    content = sent = content + b"." * 99 if fault == "longer" else content[:-99]
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{tag}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()
            if self.command == "HEAD":
                return
            if fault == "stall":
                self.wfile.flush()
                self.close_connection = True
                ended.wait()
                return
            self.wfile.write(sent)
            self.close_connection = len(sent) < len(content)
            if fault == "reset" and self.close_connection:
                self.reset()

        def reply(self, code, content=b"{}", missing=""):
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            if code == 429:
                self.send_header("Retry-After", "300")
            if missing:
                self.send_header("X-Error-Code", missing)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        to_reset = set()

        def shutdown_request(self, request):
            if request in self.to_reset:
                self.to_reset.discard(request)
                request.close()
            else:
                super().shutdown_request(request)

        def handle_error(self, *_):
            pass  # who asked has gone away

    server = Server(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        port = server.server_address[1]
        yield f"https://localhost:{port}" if certificate else f"http://127.0.0.1:{port}"
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
