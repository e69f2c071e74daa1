package scfemu

import (
	"fmt"
	"net"
	"sync"
)

// ports finds free ports for instances.
type ports struct {
	mu    sync.Mutex
	taken map[int]bool
}

// take returns a free port, and none that an instance of this host is about to
// listen on: otherwise one function could answer in another one's place.
func (p *ports) take() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		listener, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return 0, fmt.Errorf("no free port: %w", err)
		}
		port := listener.Addr().(*net.TCPAddr).Port
		listener.Close()
		if !p.taken[port] {
			if p.taken == nil {
				p.taken = make(map[int]bool)
			}
			p.taken[port] = true
			return port, nil
		}
	}
}

func (p *ports) release(port int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.taken, port)
}
