package cloudtest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"
)

// A proxy is an HTTP proxy that answers for every host itself: it accepts
// CONNECT, shows a certificate of its own authority for the host that was asked
// for, and hands the requests inside to the handler. So a program that honours
// HTTPS_PROXY talks to the handler without knowing, and reaches nobody else.
type proxy struct {
	listener net.Listener
	handler  http.Handler
	server   *http.Server // for what is inside the tunnels
	tunnels  *tunnels

	authority *x509.Certificate
	key       *ecdsa.PrivateKey // signs, and is every host's own key

	mu           sync.Mutex
	certificates map[string]*tls.Certificate
	open         map[net.Conn]bool
	wg           sync.WaitGroup
}

func newProxy(handler http.Handler) (*proxy, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "loopback test authority"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	authority, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{
		listener:     listener,
		handler:      handler,
		tunnels:      &tunnels{conns: make(chan net.Conn), closed: make(chan struct{}), addr: listener.Addr()},
		authority:    authority,
		key:          key,
		certificates: make(map[string]*tls.Certificate),
		open:         make(map[net.Conn]bool),
	}
	p.server = &http.Server{Handler: handler}
	p.wg.Go(func() { p.server.Serve(p.tunnels) })
	p.wg.Go(p.accept)
	return p, nil
}

func (p *proxy) url() string { return "http://" + p.listener.Addr().String() }

// pem is the authority's certificate, for those who shall trust it.
func (p *proxy) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.authority.Raw})
}

func (p *proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.open[conn] = true
		p.mu.Unlock()
		p.wg.Go(func() { p.tunnel(conn) })
	}
}

// tunnel answers a CONNECT, and gives what follows to the server.
func (p *proxy) tunnel(conn net.Conn) {
	reader := bufio.NewReader(conn)
	req, err := http.ReadRequest(reader)
	if err != nil {
		conn.Close()
		return
	}
	if req.Method != http.MethodConnect {
		io.WriteString(conn, "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		conn.Close()
		return
	}
	if _, err := io.WriteString(conn, "HTTP/1.1 200 Connection Established\r\n\r\n"); err != nil {
		conn.Close()
		return
	}
	p.tunnels.add(tls.Server(conn, &tls.Config{
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return p.certificate(hello.ServerName)
		},
		NextProtos: []string{"http/1.1"},
	}))
}

func (p *proxy) certificate(host string) (*tls.Certificate, error) {
	if host == "" {
		return nil, errors.New("cloudtest: a client didn't say which host it wants")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.certificates[host]; c != nil {
		return c, nil
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(p.certificates) + 2)),
		Subject:      pkix.Name{CommonName: host},
		DNSNames:     []string{host},
		NotBefore:    p.authority.NotBefore,
		NotAfter:     p.authority.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, p.authority, &p.key.PublicKey, p.key)
	if err != nil {
		return nil, fmt.Errorf("cloudtest: certificate for %s: %w", host, err)
	}
	c := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: p.key}
	p.certificates[host] = c
	return c, nil
}

func (p *proxy) close() {
	p.listener.Close()
	p.tunnels.Close()
	p.server.Close()
	p.mu.Lock()
	for conn := range p.open {
		conn.Close()
	}
	p.mu.Unlock()
	p.wg.Wait()
}

// tunnels is a listener whose connections come from CONNECT requests.
type tunnels struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	addr   net.Addr
}

func (t *tunnels) add(conn net.Conn) {
	select {
	case t.conns <- conn:
	case <-t.closed:
		conn.Close()
	}
}

func (t *tunnels) Accept() (net.Conn, error) {
	select {
	case conn := <-t.conns:
		return conn, nil
	case <-t.closed:
		return nil, net.ErrClosed
	}
}

func (t *tunnels) Close() error {
	t.once.Do(func() { close(t.closed) })
	return nil
}

func (t *tunnels) Addr() net.Addr { return t.addr }
