package tctest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// isHTTP tells a request line from BEGIN by its first bytes.
func isHTTP(first []byte) bool {
	for _, method := range []string{"GET ", "POST ", "HEAD ", "PUT ", "OPTIO", "DELET", "PATCH"} {
		if strings.HasPrefix(string(first), method) {
			return true
		}
	}
	return false
}

// serveHTTP answers one request: POST /trans/ and GET or POST /query/. The connection ends with it.
func (s *Server) serveHTTP(ctx context.Context, c net.Conn, in *bufio.Reader) {
	req, err := http.ReadRequest(bufio.NewReader(io.LimitReader(in, 4*maxRequest)))
	if err != nil {
		c.Write(page(http.StatusBadRequest)(nil))
		return
	}
	if req.Header.Get("Expect") == "100-continue" {
		io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n")
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, 3*maxRequest+1))
	if err != nil {
		c.Write(page(http.StatusBadRequest)(nil))
		return
	}
	// Fields in the query string are taken too: some clients put them there.
	form, err := readForm(req.URL.RawQuery + "&" + string(body))
	path := strings.TrimSuffix(req.URL.Path, "/")
	post := req.Method == http.MethodPost
	switch {
	case path != "/trans" && path != "/query":
		c.Write(page(http.StatusNotFound)(nil))
	case !post && (path == "/trans" || req.Method != http.MethodGet):
		c.Write(page(http.StatusMethodNotAllowed)(nil))
	case path == "/trans" && err != nil:
		c.Write(page(http.StatusOK)(malformed.Lines()))
	case err != nil:
		c.Write(page(http.StatusBadRequest)(nil))
	case path == "/trans":
		s.transact(ctx, c, form, Reply.Lines, page(http.StatusOK))
	default:
		what := Seen{Kind: "query", Action: "query", Ref: form.get("ticket")}
		frame := page(http.StatusOK)
		if form.get("format") == "html" {
			frame = pageOf(http.StatusOK, "text/html")
		}
		s.answer(ctx, c, what, frame, func(Trouble) ([]byte, string) { return []byte(s.Host.Query(form)), "" })
	}
}

// page frames a body as an HTTP/1.1 response in plain text.
func page(status int) func([]byte) []byte { return pageOf(status, "text/plain") }

func pageOf(status int, kind string) func([]byte) []byte {
	return func(body []byte) []byte {
		var b bytes.Buffer
		fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\nContent-Type: %s; charset=us-ascii\r\nContent-Length: %d\r\nConnection: close\r\n\r\n",
			status, http.StatusText(status), kind, len(body))
		b.Write(body)
		return b.Bytes()
	}
}
