// Load on a Kubernetes API server over HTTPS: `load -url URL -token T -run create,get,… -seconds N`.
//
// Prints one JSON line a measurement: {"name", "clients", "perSecond", "p50Ms", "p99Ms", "medianMs", "bestMs", "bytes", "errors"}.
// Each client has a connection of its own, as one program has. Nothing beside the standard library.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type result struct {
	Name      string  `json:"name"`
	Clients   int     `json:"clients,omitempty"`
	PerSecond float64 `json:"perSecond,omitempty"`
	P50Ms     float64 `json:"p50Ms,omitempty"`
	P99Ms     float64 `json:"p99Ms,omitempty"`
	MedianMs  float64 `json:"medianMs,omitempty"`
	BestMs    float64 `json:"bestMs,omitempty"`
	Bytes     int64   `json:"bytes,omitempty"`
	Errors    int64   `json:"errors"`
}

type api struct {
	url, token string
	http1      bool
}

func (a api) client() *http.Client {
	transport := &http.Transport{
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
		ForceAttemptHTTP2:   !a.http1,
		MaxIdleConnsPerHost: 8,
		DisableCompression:  true,
	}
	if a.http1 {
		transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	return &http.Client{Transport: transport}
}

func (a api) request(method, path, contentType string, body []byte) *http.Request {
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	request, err := http.NewRequest(method, a.url+path, reader)
	if err != nil {
		fail(err)
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	if body != nil {
		request.Header.Set("Content-Type", contentType)
	}
	return request
}

func send(client *http.Client, request *http.Request, want int) (int64, error) {
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	var start bytes.Buffer
	n, err := io.Copy(io.MultiWriter(io.Discard, &limited{&start, 300}), response.Body)
	if err != nil {
		return n, err
	}
	if response.StatusCode != want {
		return n, fmt.Errorf("%s %s: %d %s", request.Method, request.URL.Path, response.StatusCode, start.String())
	}
	return n, nil
}

type limited struct {
	to   *bytes.Buffer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.to.Write(p[:n])
	l.left -= n
	return len(p), nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func say(r result) {
	line, _ := json.Marshal(r)
	fmt.Println(string(line))
}

// throughput runs `work` with so many clients for so long; `total` > 0 ends it after that many calls instead.
func throughput(a api, name string, clients int, seconds float64, total int64, work func(*http.Client, int64) error) {
	var calls, failed atomic.Int64
	var lock sync.Mutex
	var all []float64
	var wait sync.WaitGroup
	begun := time.Now()
	end := begun.Add(time.Duration(seconds * float64(time.Second)))
	for range clients {
		wait.Add(1)
		go func() {
			defer wait.Done()
			client := a.client()
			defer client.CloseIdleConnections()
			var own []float64
			for total > 0 || time.Now().Before(end) {
				i := calls.Add(1)
				if total > 0 && i > total {
					break
				}
				start := time.Now()
				if err := work(client, i); err != nil && failed.Add(1) == 1 {
					fmt.Fprintln(os.Stderr, err)
				}
				own = append(own, float64(time.Since(start).Nanoseconds())/1e6)
			}
			lock.Lock()
			all = append(all, own...)
			lock.Unlock()
		}()
	}
	wait.Wait()
	elapsed := time.Since(begun).Seconds()
	slices.Sort(all)
	say(result{Name: name, Clients: clients, PerSecond: float64(len(all)) / elapsed, P50Ms: all[len(all)/2], P99Ms: all[len(all)*99/100], Errors: failed.Load()})
}

func main() {
	a := api{}
	flag.StringVar(&a.url, "url", "", "https://127.0.0.1:6443")
	flag.StringVar(&a.token, "token", "", "bearer token of an administrator")
	flag.BoolVar(&a.http1, "http1", false, "HTTP/1.1 instead of HTTP/2")
	run := flag.String("run", "create,get,patch,pods,list,watch", "what to measure")
	seconds := flag.Float64("seconds", 4, "length of a throughput measurement")
	levels := flag.String("clients", "1,32,128", "numbers of clients")
	pods := flag.Int64("pods", 10_000, "pods that are made for the lists")
	watchers := flag.String("watchers", "1000", "numbers of watchers")
	flag.Parse()
	stamp := strconv.FormatInt(time.Now().UnixNano()%1_000_000_000, 36)
	b := bench{api: a, namespace: "load-" + stamp, seconds: *seconds}
	b.prepare(b.namespace)
	for _, what := range strings.Split(*run, ",") {
		switch what {
		case "create":
			for _, n := range numbers(*levels) {
				b.create(n)
			}
		case "get":
			for _, n := range numbers(*levels) {
				b.get(n)
			}
		case "patch":
			b.patch(32)
		case "pods":
			b.pods(*pods)
		case "list":
			b.lists()
		case "watch":
			for _, n := range numbers(*watchers) {
				b.fanOut(n)
			}
		default:
			fail(errors.New("unknown measurement " + what))
		}
	}
}

func numbers(text string) []int {
	var out []int
	for _, part := range strings.Split(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil {
			fail(err)
		}
		out = append(out, n)
	}
	return out
}

type bench struct {
	api
	namespace string
	seconds   float64
}

// prepare makes a namespace with the service account that pods want; a server without controllers has none.
func (b bench) prepare(namespace string) {
	client := b.client()
	if _, err := send(client, b.post("/api/v1/namespaces", fmt.Sprintf(`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":%q}}`, namespace)), 201); err != nil {
		fail(err)
	}
	account := b.post("/api/v1/namespaces/"+namespace+"/serviceaccounts", `{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}}`)
	if _, err := send(client, account, 201); err != nil && !strings.Contains(err.Error(), "already exists") {
		fail(err)
	}
	_, err := send(client, b.post(b.configMaps(), b.configMap("fixed")), 201)
	if err != nil {
		fail(err)
	}
}

func (b bench) post(path, body string) *http.Request {
	return b.request("POST", path, "application/json", []byte(body))
}

func (b bench) configMaps() string { return "/api/v1/namespaces/" + b.namespace + "/configmaps" }

var padding = strings.Repeat("x", 1024)

func (b bench) configMap(name string) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":%q},"data":{"d":%q}}`, name, padding)
}

func (b bench) create(clients int) {
	throughput(b.api, "create", clients, b.seconds, 0, func(client *http.Client, i int64) error {
		_, err := send(client, b.post(b.configMaps(), b.configMap(fmt.Sprintf("c-%d-%d", clients, i))), 201)
		return err
	})
}

func (b bench) get(clients int) {
	throughput(b.api, "get", clients, b.seconds, 0, func(client *http.Client, _ int64) error {
		_, err := send(client, b.request("GET", b.configMaps()+"/fixed", "", nil), 200)
		return err
	})
}

func (b bench) patch(clients int) {
	const many = 200
	maker := b.client()
	for i := range many {
		if _, err := send(maker, b.post(b.configMaps(), b.configMap(fmt.Sprintf("p-%d", i))), 201); err != nil {
			fail(err)
		}
	}
	throughput(b.api, "merge patch", clients, b.seconds, 0, func(client *http.Client, i int64) error {
		path := fmt.Sprintf("%s/p-%d", b.configMaps(), i%many)
		_, err := send(client, b.request("PATCH", path, "application/merge-patch+json", fmt.Appendf(nil, `{"data":{"n":"%d"}}`, i)), 200)
		return err
	})
}

func (b bench) podsPath() string { return "/api/v1/namespaces/" + b.namespace + "/pods" }

func (b bench) pods(count int64) {
	throughput(b.api, "create pods", 32, 0, count, func(client *http.Client, i int64) error {
		_, err := send(client, b.post(b.podsPath(), fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p-%d","labels":{"app":"a%d"}},"spec":{"containers":[{"name":"c","image":"nginx"}]}}`, i, i%100)), 201)
		return err
	})
}

func (b bench) lists() {
	b.list("list", b.podsPath(), "application/json")
	b.list("list from the cache", b.podsPath()+"?resourceVersion=0", "application/json")
	b.list("list as Table", b.podsPath(), "application/json;as=Table;v=v1;g=meta.k8s.io")
	b.list("list, limit 500", b.podsPath()+"?limit=500", "application/json")
	b.list("list by label, 1 of 100", b.podsPath()+"?labelSelector=app%3Da5", "application/json")
}

func (b bench) list(name, path, accept string) {
	client := b.client()
	var times []float64
	var size int64
	for range 9 {
		request := b.request("GET", path, "", nil)
		request.Header.Set("Accept", accept)
		start := time.Now()
		n, err := send(client, request, 200)
		if err != nil {
			fail(err)
		}
		times = append(times, float64(time.Since(start).Nanoseconds())/1e6)
		size = n
	}
	slices.Sort(times)
	say(result{Name: name, MedianMs: times[len(times)/2], BestMs: times[0], Bytes: size})
}

// fanOut measures one write until the last of so many watchers has it. Every watcher has a stream of its own on 25 connections.
func (b bench) fanOut(watchers int) {
	const connections = 25
	var delivered, last atomic.Int64
	var open sync.WaitGroup
	var pool []*http.Client
	for range connections {
		pool = append(pool, b.client())
	}
	name := fmt.Sprintf("fan-%d", watchers)
	var bodies []io.Closer
	var lock sync.Mutex
	for k := range watchers {
		open.Add(1)
		go func() {
			request := b.request("GET", b.configMaps()+"?watch=1&resourceVersion=0&fieldSelector=metadata.name%3D"+name, "", nil)
			response, err := pool[k%connections].Do(request)
			if err != nil {
				fail(err)
			}
			lock.Lock()
			bodies = append(bodies, response.Body)
			lock.Unlock()
			open.Done()
			reader := bufio.NewReader(response.Body)
			for {
				line, err := reader.ReadBytes('\n')
				if err != nil {
					return
				}
				if bytes.HasPrefix(line, []byte(`{"type":"ADDED"`)) || bytes.HasPrefix(line, []byte(`{"type":"MODIFIED"`)) {
					last.Store(time.Now().UnixNano())
					delivered.Add(1)
				}
			}
		}()
	}
	open.Wait()
	time.Sleep(time.Second)
	client := b.client()
	var times []float64
	var lost int64
	for i := range 9 {
		body := fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":%q},"data":{"i":"%d"}}`, name, i)
		request, want := b.request("PUT", b.configMaps()+"/"+name, "application/json", []byte(body)), 200
		if i == 0 {
			request, want = b.post(b.configMaps(), body), 201
		}
		delivered.Store(0)
		start := time.Now()
		if _, err := send(client, request, want); err != nil {
			fail(err)
		}
		for time.Since(start) < 10*time.Second && delivered.Load() < int64(watchers) {
			time.Sleep(200 * time.Microsecond)
		}
		lost += int64(watchers) - delivered.Load()
		times = append(times, float64(last.Load()-start.UnixNano())/1e6)
		time.Sleep(100 * time.Millisecond)
	}
	for _, body := range bodies {
		body.Close()
	}
	slices.Sort(times)
	say(result{Name: "one write to watchers", Clients: watchers, MedianMs: times[len(times)/2], BestMs: times[0], Errors: lost})
}
