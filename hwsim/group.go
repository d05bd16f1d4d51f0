package hwsim

import (
	"context"
	"errors"
	"sync"
)

// Group runs the goroutines of a simulator: the first that fails, or Stop, ends all of them.
type Group struct {
	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup
	mu     sync.Mutex
	failed error
}

// NewGroup makes a group that also ends with ctx.
func NewGroup(ctx context.Context) *Group {
	g := &Group{}
	g.ctx, g.cancel = context.WithCancel(ctx)
	return g
}

// Go starts f, which must return soon after its ctx ends.
func (g *Group) Go(f func(ctx context.Context) error) {
	g.wait.Add(1)
	go func() {
		defer g.wait.Done()
		if err := f(g.ctx); err != nil {
			g.mu.Lock()
			g.failed = errors.Join(g.failed, err)
			g.mu.Unlock()
			g.cancel()
		}
	}()
}

// Wait waits for all goroutines and gives their errors.
func (g *Group) Wait() error {
	g.wait.Wait()
	g.cancel()
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failed
}

// Stop ends all goroutines and waits for them.
func (g *Group) Stop() error {
	g.cancel()
	return g.Wait()
}
