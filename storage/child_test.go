package storage

func childMain() bool { return false }
