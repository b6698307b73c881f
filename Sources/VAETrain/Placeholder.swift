import VAEZip
