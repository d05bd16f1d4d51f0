package storage

import (
	"testing"

	"github.com/tillpos/till/storage/journaltest"
)

func TestConformance(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) journaltest.Journal { return mustOpen(t, options(t)) })
}
