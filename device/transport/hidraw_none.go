//go:build !linux

package transport

import "context"

// OpenHidraw errs with ErrKind: only Linux has hidraw.
func OpenHidraw(context.Context, string) (ReportConn, error) { return nil, ErrKind }
