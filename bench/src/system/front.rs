//! What stands before the upstream out there: TLS and HTTP/2, ended by nginx, with the simulator behind it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::nginx::PROGRAM;
use super::process::{LOAD_CORE, Program, free_port, pinned};

const CERTIFICATE: &[u8] = include_bytes!("../../../crates/upstream/tests/network/certificates/good.pem");
const KEY: &[u8] = include_bytes!("../../../crates/upstream/tests/network/certificates/key.pem");
const AUTHORITY: &[u8] = include_bytes!("../../../crates/upstream/tests/network/certificates/authority.pem");

/// The running front.
#[derive(Debug)]
pub struct Front {
    _program: Program,
    port: u16,
    folder: TempDir,
}

// === impl Front ===

impl Front {
    /// Starts it before an upstream `127.0.0.1:PORT`. It takes a hundred streams on a connection, as the fronts of large sites do.
    ///
    /// # Errors
    /// When nginx is not installed or does not start.
    pub fn start(upstream: &str) -> Result<Self> {
        anyhow::ensure!(Path::new(PROGRAM).exists(), "nginx is not installed");
        let folder = TempDir::new()?;
        let port = free_port()?;
        let top = folder.path().display();
        let config = format!(
            "daemon off; master_process off; worker_processes 1; pid {top}/pid; error_log {top}/error.log;\n\
             worker_rlimit_nofile 16384;\n\
             events {{ worker_connections 8192; }}\n\
             http {{\n\
             access_log off; tcp_nodelay on; keepalive_timeout 1h;\n\
             client_body_temp_path {top}/a; proxy_temp_path {top}/b; fastcgi_temp_path {top}/c; uwsgi_temp_path {top}/d; scgi_temp_path {top}/e;\n\
             server {{\n\
             listen 127.0.0.1:{port} ssl http2; http2_max_concurrent_streams 100;\n\
             ssl_certificate {top}/certificate.pem; ssl_certificate_key {top}/key.pem;\n\
             location / {{ proxy_pass http://{upstream}; proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 10m; }}\n\
             }} }}\n"
        );
        let files: [(&str, &[u8]); 4] = [
            ("nginx.conf", config.as_bytes()),
            ("certificate.pem", CERTIFICATE),
            ("key.pem", KEY),
            ("authority.pem", AUTHORITY),
        ];
        for (name, content) in files {
            fs::write(folder.path().join(name), content)?;
        }
        let mut command = pinned(LOAD_CORE, PROGRAM);
        command.arg("-c").arg(folder.path().join("nginx.conf")).arg("-p").arg(folder.path());
        let mut program = Program::start(command)?;
        let log = folder.path().join("error.log");
        program.wait_for_port(port, Duration::from_secs(10), &log).context("nginx with TLS")?;
        Ok(Self { _program: program, port, folder })
    }

    /// The upstream's base URL through it.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("https://127.0.0.1:{}/api/v1", self.port)
    }

    /// The certificate by which it is to be believed.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }
}
