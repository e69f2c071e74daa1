package tcb

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tencentyun/scf-go-lib/functioncontext"
)

// BenchmarkGet gets a room as a function does, and each time it also posts the same
// bytes with net/http alone, for the same reply. "times-a-POST" is what a database
// request costs in bare POSTs, by the medians. Both go over loopback to a server in
// this process that does next to nothing, so with -cpu 1 the processor is all that
// they wait for.
func BenchmarkGet(b *testing.B) {
	const reply = `{"requestId":"18bcfe5687b_1","data":{"list":["{\"_id\":\"9527\",\"creator\":\"alice\",\"roomName\":\"room\",` +
		`\"members\":[\"alice\",\"bob\",\"carol\"],\"createTime\":{\"$date\":{\"$numberLong\":\"1545212109123\"}},` +
		`\"until\":{\"$numberLong\":\"1545212169123\"},\"rev\":\"0123456789abcdef0123456789abcdef\"}"]}}`
	url, body := serveReply(b, reply)
	app, err := Init(&Config{URL: url})
	if err != nil {
		b.Fatal(err)
	}
	defer app.CloseIdleConnections()
	rooms := app.Database().Collection("webrtcRooms")
	ctx := functioncontext.NewContext(b.Context(), &functioncontext.FunctionContext{
		RequestID: "req-9", Environment: platformVars(map[string]string{"TCB_SOURCE": "wx_client", "WX_API_TOKEN": "wx-token"}),
	})
	get := func() {
		if _, err := rooms.Get(ctx, "9527"); err != nil {
			b.Fatal(err)
		}
	}
	get()
	same := body()
	post := func() {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(same))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := app.transport.RoundTrip(req)
		if err != nil {
			b.Fatal(err)
		}
		defer resp.Body.Close()
		if text, err := io.ReadAll(resp.Body); err != nil || string(text) != reply {
			b.Fatal(string(text), err)
		}
	}
	post()

	var getting, posting []time.Duration
	for b.Loop() {
		begin := time.Now()
		get()
		between := time.Now()
		post()
		getting, posting = append(getting, between.Sub(begin)), append(posting, time.Since(between))
	}
	median := func(times []time.Duration) float64 {
		slices.Sort(times)
		return float64(times[len(times)/2])
	}
	b.ReportMetric(median(getting), "ns/Get")
	b.ReportMetric(median(posting), "ns/POST")
	b.ReportMetric(median(getting)/median(posting), "times-a-POST")
}

// serveReply answers every request with reply. body returns that of the last request.
func serveReply(b *testing.B, reply string) (url string, body func() string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { listener.Close() })
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(reply)) + "\r\n\r\n" + reply)
	var last []byte
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		in := bufio.NewReader(conn)
		for {
			length := 0
			for {
				line, err := in.ReadSlice('\n')
				if err != nil {
					return
				}
				if value, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
					length, _ = strconv.Atoi(strings.TrimSpace(value))
				}
				if len(line) == len("\r\n") {
					break
				}
			}
			last = append(last[:0], make([]byte, length)...)
			if _, err := io.ReadFull(in, last); err != nil {
				return
			}
			if _, err := conn.Write(answer); err != nil {
				return
			}
		}
	}()
	return "http://" + listener.Addr().String() + "/admin", func() string { return string(last) }
}
