"""A small stand-in for the Hugging Face Hub on this machine, serving folders under ids."""

import hashlib
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "c0ffee" * 6 + "c0ff"


@contextmanager
def serving(folders, faults):
    """Serve while the block runs, and yield the address for HF_ENDPOINT.

    Args:
        folders: {("models" or "datasets", id): folder}.
        faults: {id: "404", "503" or "cut" (half of each file over 1 KiB)}.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            path = unquote(urlsplit(self.path).path)
            found = re.fullmatch(r"(?:/api)?/?(models|datasets)?/([^/]+/[^/]+)(?:/(.*))?", path)
            kind, name, rest = found.groups() if found else (None, None, "")
            folder = folders.get((kind or "models", name))
            if folder is None or faults.get(name) == "404":
                return self.reply(404, missing="RepoNotFound")
            if faults.get(name) == "503":
                return self.reply(503)
            files = {str(p.relative_to(folder)): p for p in folder.rglob("*") if p.is_file()}
            if path.startswith("/api/"):
                return self.describe(name, files, rest or "")
            file = files.get(rest.partition("resolve/")[2].partition("/")[2])
            if file is None:
                return self.reply(404, missing="EntryNotFound")
            content = file.read_bytes()
            cut = faults.get(name) == "cut" and len(content) > 1024
            self.reply(200, content, content[: len(content) // 2] if cut else content)

        do_HEAD = do_POST = do_GET

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
            about = {"id": name, "sha": COMMIT, "private": False, "tags": [], "siblings": siblings}
            self.reply(200, json.dumps(about).encode())

        def reply(self, code, content=b"{}", sent=None, missing=""):
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            if missing:
                self.send_header("X-Error-Code", missing)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content if sent is None else sent)
            self.close_connection = sent is not None and len(sent) < len(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
